/*-------------------------------------------------------------------------
 *
 * actions.c
 *		The list of actions, and of functions that are written by hand.
 *
 *-------------------------------------------------------------------------
 */
#include "catalogue/actions.h"

#include "catalogue/rows.h"
#include "catalogue/template.h"

#include <string.h>

static const FtxAction *const families[] = {
	ftx_access_actions,
	ftx_connector_actions,
	ftx_platform_actions,
};

const FtxAction *
ftx_action_find(const char *function)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
	{
		for (const FtxAction *action = families[i]; action->function != NULL;
			 action++)
		{
			if (strcmp(action->function, function) == 0)
				return action;
		}
	}
	return NULL;
}

static const FtxHandwritten handwritten[] = {
	{"fivetrex_ping", FTX_GET, "/v1/account/info", &ftx_account},
	{"fivetrex_sync_status", FTX_GET, "/v1/connections/{connector_id}",
	 &ftx_connectors},
	{"fivetrex_wait", FTX_GET, "/v1/connections/{connector_id}",
	 &ftx_connectors, &ftx_connector_sync_history},
	{"fivetrex_table_columns", FTX_GET,
	 "/v1/connections/{connector_id}/schemas/{schema}/tables/{table}/columns",
	 &ftx_connector_columns},
	{"fivetrex_upload_sdk_package", FTX_POST, "/v1/connector-sdk/packages"},
	{"fivetrex_replace_sdk_package", FTX_PATCH,
	 "/v1/connector-sdk/packages/{package_id}"},
	{"fivetrex_download_sdk_package", FTX_GET,
	 "/v1/connector-sdk/packages/{package_id}/download"},
	{NULL},
};

const FtxHandwritten *
ftx_handwritten_find(const char *function)
{
	for (const FtxHandwritten *h = handwritten; h->function != NULL; h++)
	{
		if (strcmp(h->function, function) == 0)
			return h;
	}
	return NULL;
}

const char *
ftx_function_of_operation(FtxMethod method, const char *path)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
	{
		for (const FtxAction *action = families[i]; action->function != NULL;
			 action++)
		{
			if (action->method == method &&
				ftx_template_same(action->path, path))
				return action->function;
		}
	}
	for (const FtxHandwritten *h = handwritten; h->function != NULL; h++)
	{
		if (h->method == method && ftx_template_same(h->path, path))
			return h->function;
	}
	return NULL;
}
