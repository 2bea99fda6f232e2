/*-------------------------------------------------------------------------
 *
 * read_only_config.c
 *		Members of a connector's config that Fivetran sets itself, by service.
 *
 * They are those of the "<service>_readonly_config" schemas of the API
 * definition (test/coverage/check_read_only.py compares them).  A member that
 * is read only for one service may well be set for another.
 *
 *-------------------------------------------------------------------------
 */
#include "catalogue/rows.h"

static const char *const abs_public_key_services[] = {
	"adobe_analytics_data_feed", NULL};

static const char *const connecting_user_services[] = {
	"dynamics_365", "salesforce", "salesforce_sandbox", NULL};

static const char *const connecting_user_email_services[] = {
	"dynamics_365", "salesforce", "salesforce_sandbox", NULL};

static const char *const connection_type_services[] = {
	"azure_blob_storage", "salesforce", "salesforce_sandbox", NULL};

static const char *const consumer_key_services[] = {"twitter", "twitter_ads",
													NULL};

static const char *const consumer_secret_services[] = {"twitter", "twitter_ads",
													   NULL};

static const char *const email_services[] = {"email", NULL};

static const char *const encoded_public_key_services[] = {"apple_search_ads",
														  NULL};

static const char *const endpoint_services[] = {"iterable", "snowplow", NULL};

static const char *const external_id_services[] = {
	"appsflyer",
	"aurora",
	"aws_cloudtrail",
	"aws_cost_report",
	"aws_lambda",
	"aws_msk",
	"azure_function",
	"cloudfront",
	"dynamodb",
	"guidewire_cloud_data_access",
	"kinesis",
	"magento_mysql_rds",
	"maria_rds",
	"mysql_rds",
	"s3",
	"segment",
	NULL};

static const char *const organization_id_services[] = {
	"salesforce", "salesforce_sandbox", NULL};

static const char *const project_type_services[] = {"iterable", NULL};

static const char *const public_key_services[] = {"aurora",
												  "aurora_postgres",
												  "aveva_pi",
												  "azure_blob_storage",
												  "azure_cosmos_for_mongo",
												  "azure_postgres",
												  "azure_service_bus",
												  "azure_sql_db",
												  "azure_sql_managed_db",
												  "cockroachdb",
												  "db2i_hva",
												  "db2i_sap_hva",
												  "db2luw",
												  "db2z",
												  "documentdb",
												  "elastic_cloud",
												  "epic_clarity",
												  "es_self_hosted",
												  "google_cloud_mysql",
												  "google_cloud_postgresql",
												  "google_cloud_sqlserver",
												  "heroku_postgres",
												  "magento_mysql",
												  "magento_mysql_rds",
												  "maria",
												  "maria_azure",
												  "maria_rds",
												  "mongo",
												  "mongo_sharded",
												  "mysql",
												  "mysql_azure",
												  "mysql_rds",
												  "opendistro",
												  "opensearch",
												  "oracle",
												  "oracle_ebs",
												  "oracle_hva",
												  "oracle_rac",
												  "oracle_rds",
												  "oracle_sap_hva",
												  "postgres",
												  "postgres_rds",
												  "sap_hana_db",
												  "sftp",
												  "sql_server",
												  "sql_server_hva",
												  "sql_server_rds",
												  "sql_server_sap_ecc_hva",
												  NULL};

static const char *const s3_export_external_id_services[] = {"braze", NULL};

static const char *const s3external_id_services[] = {"braze", "sailthru", NULL};

static const char *const service_account_services[] = {"google_drive", NULL};

static const char *const service_account_email_services[] = {
	"google_cloud_function", NULL};

static const char *const sftp_public_key_services[] = {
	"adobe_analytics_data_feed", "salesforce_marketing_cloud", NULL};

static const char *const snc_fivetran_name_services[] = {"sap_hana_db", NULL};

static const char *const webhook_endpoint_services[] = {"appsflyer", NULL};

static const char *const webhook_secret_services[] = {"iterable", NULL};

static const char *const webhook_url_services[] = {"branch", "pipedrive",
												   "segment", "xero", NULL};

#define ROW(member)                                                            \
	{                                                                          \
		"config", #member, false, "service", member##_services                 \
	}

const FtxReadOnly ftx_read_only_config[FTX_READ_ONLY_CONFIG] = {
	ROW(abs_public_key),
	ROW(connecting_user),
	ROW(connecting_user_email),
	ROW(connection_type),
	ROW(consumer_key),
	ROW(consumer_secret),
	ROW(email),
	ROW(encoded_public_key),
	ROW(endpoint),
	ROW(external_id),
	ROW(organization_id),
	ROW(project_type),
	ROW(public_key),
	ROW(s3_export_external_id),
	ROW(s3external_id),
	ROW(service_account),
	ROW(service_account_email),
	ROW(sftp_public_key),
	ROW(snc_fivetran_name),
	ROW(webhook_endpoint),
	ROW(webhook_secret),
	ROW(webhook_url),
};
