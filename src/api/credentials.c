/*-------------------------------------------------------------------------
 *
 * credentials.c
 *		API key and secret of a user mapping.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/credentials.h"
#include "commands/defrem.h"
#include "storage/fd.h"

/* Longest credential that is read from a file. */
#define MAX_CREDENTIAL 4096

void
ftx_credential_check(const char *name, const char *value)
{
	bool is_key = strncmp(name, "api_key", 7) == 0;

	if (value[0] == '\0')
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("option \"%s\" is empty", name)));
	for (const unsigned char *c = (const unsigned char *) value; *c; c++)
	{
		if (*c < ' ' || *c == 0x7F || (is_key && *c == ':'))
			ereport(
				ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg(
					 "option \"%s\" has a character that credentials cannot have",
					 name)));
	}
}

/*
 * The content of a file that holds a credential, without the line's end.
 */
static char *
read_credential(const char *option, const char *filename)
{
	FILE *file = AllocateFile(filename, "r");
	char *buffer;
	size_t len;

	if (file == NULL)
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not open the file of option \"%s\": %m",
							   option)));
	buffer = palloc(MAX_CREDENTIAL + 1);
	len = fread(buffer, 1, MAX_CREDENTIAL + 1, file);
	if (ferror(file))
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not read the file of option \"%s\": %m",
							   option)));
	FreeFile(file);
	if (len > MAX_CREDENTIAL)
		ereport(ERROR, (errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
						errmsg("the file of option \"%s\" is too long", option),
						errdetail("It may have %d bytes.", MAX_CREDENTIAL)));
	while (len > 0 && (buffer[len - 1] == '\n' || buffer[len - 1] == '\r'))
		len--;
	buffer[len] = '\0';
	ftx_credential_check(option, buffer);
	return buffer;
}

static char *
credential(UserMapping *mapping, const char *name, const char *file_name)
{
	ListCell *lc;

	foreach (lc, mapping->options)
	{
		DefElem *def = lfirst_node(DefElem, lc);

		if (strcmp(def->defname, name) == 0)
			return pstrdup(defGetString(def));
		if (strcmp(def->defname, file_name) == 0)
			return read_credential(file_name, defGetString(def));
	}
	ereport(ERROR,
			(errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
			 errmsg("the user mapping has no option \"%s\"", name),
			 errhint("ALTER USER MAPPING ... OPTIONS (ADD %s '...'), or %s.",
					 name, file_name)));
}

void
ftx_credentials_read(UserMapping *mapping, char **api_key, char **api_secret)
{
	*api_key = credential(mapping, "api_key", "api_key_file");
	*api_secret = credential(mapping, "api_secret", "api_secret_file");
}
