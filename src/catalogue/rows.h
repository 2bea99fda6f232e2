/*-------------------------------------------------------------------------
 *
 * rows.h
 *		The resources, for the files that hold them and the one that lists them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_ROWS_H
#define FTX_ROWS_H

#include "catalogue/catalogue.h"

/* Rows leave out the last fields of FtxColumn, which are seldom needed. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define FTX_LENGTH(array) ((int) (sizeof(array) / sizeof((array)[0])))

/* Lists of a resource, with the number of their rows. */
#define FTX_COLUMNS(rows) .columns = (rows), .ncolumns = FTX_LENGTH(rows)
#define FTX_FILTERS(rows) .filters = (rows), .nfilters = FTX_LENGTH(rows)
#define FTX_LINKS(rows) .links = (rows), .nlinks = FTX_LENGTH(rows)
#define FTX_READ_ONLY(rows) .read_only = (rows), .nread_only = FTX_LENGTH(rows)

/* The last column of every resource. */
#define FTX_ATTRS                                                              \
	{                                                                          \
		"attrs", FTX_JSONB, "", 0, "The whole object as the API sent it."      \
	}

/* In read_only_config.c: for connectors. */
#define FTX_READ_ONLY_CONFIG 22
extern const FtxReadOnly ftx_read_only_config[FTX_READ_ONLY_CONFIG];

/* What a filter over a boolean takes. */
extern const char *const ftx_booleans[];

extern const FtxResource ftx_account;
extern const FtxResource ftx_connector_certificates;
extern const FtxResource ftx_connector_columns;
extern const FtxResource ftx_connector_fingerprints;
extern const FtxResource ftx_connector_schemas;
extern const FtxResource ftx_connector_sdk_packages;
extern const FtxResource ftx_connector_states;
extern const FtxResource ftx_connector_sync_history;
extern const FtxResource ftx_connector_tables;
extern const FtxResource ftx_connector_type_configs;
extern const FtxResource ftx_connector_types;
extern const FtxResource ftx_connector_warnings;
extern const FtxResource ftx_connectors;
extern const FtxResource ftx_destination_certificates;
extern const FtxResource ftx_destination_fingerprints;
extern const FtxResource ftx_destinations;
extern const FtxResource ftx_group_users;
extern const FtxResource ftx_groups;
extern const FtxResource ftx_hybrid_agents;
extern const FtxResource ftx_log_services;
extern const FtxResource ftx_private_links;
extern const FtxResource ftx_proxy_agent_connectors;
extern const FtxResource ftx_proxy_agents;
extern const FtxResource ftx_roles;
extern const FtxResource ftx_secrets_manager_entities;
extern const FtxResource ftx_secrets_managers;
extern const FtxResource ftx_system_keys;
extern const FtxResource ftx_team_connectors;
extern const FtxResource ftx_team_groups;
extern const FtxResource ftx_team_users;
extern const FtxResource ftx_teams;
extern const FtxResource ftx_transformation_packages;
extern const FtxResource ftx_transformation_projects;
extern const FtxResource ftx_transformations;
extern const FtxResource ftx_user_api_keys;
extern const FtxResource ftx_user_connectors;
extern const FtxResource ftx_user_groups;
extern const FtxResource ftx_users;
extern const FtxResource ftx_webhooks;

#endif /* FTX_ROWS_H */
