/*-------------------------------------------------------------------------
 *
 * credentials.c
 *		What a user mapping knows that others may not.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/options/credentials.h"
#include "base/compat.h"
#include "catalog/pg_authid.h"
#include "commands/defrem.h"
#include "storage/fd.h"
#include "utils/acl.h"

/* U+FEFF in UTF-8. */
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

/* Longest credential that is read from a file. */
#define MAX_CREDENTIAL 4096

void
ftx_credential_check(const char *name, const char *value)
{
	/* the first of a pair must not have what separates it from the second */
	bool is_name = strncmp(name, "api_key", 7) == 0 ||
				   strcmp(name, "proxy_user") == 0;

	if (value[0] == '\0')
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("option \"%s\" is empty", name)));
	for (const unsigned char *c = (const unsigned char *) value; *c; c++)
	{
		if (*c < ' ' || *c == 0x7F || (is_name && *c == ':'))
			ereport(
				ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg(
					 "option \"%s\" has a character that credentials cannot have",
					 name)));
	}
}

/* ---------- files ---------- */

ftx_noreturn static void
refuse_file(const char *option, const char *why)
{
	ereport(ERROR, (errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
					errmsg("the file of option \"%s\" %s", option, why)));
}

/*
 * Open a regular file.  Anything else (a FIFO, a device) could block here,
 * or worse, so it is opened without waiting and looked at first.
 */
static int
open_file(const char *option, const char *filename)
{
	int fd = OpenTransientFile(filename, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) != 0)
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not open the file of option \"%s\": %m",
							   option)));
	if (!S_ISREG(status.st_mode))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("the file of option \"%s\" is not a regular file",
						option)));
	return fd;
}

/*
 * The content of a file that holds a credential, without the line's end.
 */
static FtxSecret *
read_file(const char *option, const char *filename, MemoryContext owner)
{
	int fd = open_file(option, filename);
	char buffer[MAX_CREDENTIAL + 2];
	const char *value = buffer;
	size_t len = 0;
	ssize_t n;
	FtxSecret *secret;

	while ((n = read(fd, buffer + len, MAX_CREDENTIAL + 1 - len)) > 0)
		len += n;
	if (n < 0)
		ereport(ERROR, (errcode_for_file_access(),
						errmsg("could not read the file of option \"%s\": %m",
							   option)));
	CloseTransientFile(fd);
	if (len > MAX_CREDENTIAL)
		ereport(ERROR, (errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
						errmsg("the file of option \"%s\" is too long", option),
						errdetail("It may have %d bytes.", MAX_CREDENTIAL)));
	while (len > 0 && (buffer[len - 1] == '\n' || buffer[len - 1] == '\r'))
		len--;
	buffer[len] = '\0';
	if (strlen(buffer) != len)
		refuse_file(option, "has a NUL byte");
	/* as some editors put it in front */
	if (strncmp(buffer, BYTE_ORDER_MARK, strlen(BYTE_ORDER_MARK)) == 0)
		value += strlen(BYTE_ORDER_MARK);
	ftx_credential_check(option, value);
	secret = ftx_secret_create(value, owner);
	explicit_bzero(buffer, sizeof(buffer));
	return secret;
}

static void
check_owner(UserMapping *mapping, const char *option)
{
	ForeignServer *server = GetForeignServer(mapping->serverid);

	if (has_privs_of_role(server->owner, ROLE_PG_READ_SERVER_FILES))
		return;
	ereport(
		ERROR,
		(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
		 errmsg("option \"%s\" is not used on server \"%s\"", option,
				server->servername),
		 errdetail(
			 "The server's owner chooses where credentials are sent, and may not read files on this machine."),
		 errhint(
			 "ALTER SERVER ... OWNER TO a superuser or a member of pg_read_server_files.")));
}

/* ---------- options ---------- */

/*
 * Whose credentials an error is about.
 */
typedef struct Whose
{
	ErrorContextCallback callback;
	const char *user; /* NULL: the mapping is everybody's */
	const char *server;
} Whose;

static void
name_mapping(void *arg)
{
	const Whose *whose = arg;

	errcontext("user mapping of %s%s%s for server \"%s\"",
			   whose->user != NULL ? "\"" : "",
			   whose->user != NULL ? whose->user : "PUBLIC",
			   whose->user != NULL ? "\"" : "", whose->server);
}

static void
enter(Whose *whose, const UserMapping *mapping)
{
	whose->user = OidIsValid(mapping->userid) ?
					  GetUserNameFromId(mapping->userid, true) :
					  NULL;
	whose->server = GetForeignServer(mapping->serverid)->servername;
	whose->callback.callback = name_mapping;
	whose->callback.arg = whose;
	whose->callback.previous = error_context_stack;
	error_context_stack = &whose->callback;
}

static void
leave(const Whose *whose)
{
	error_context_stack = whose->callback.previous;
}

static FtxSecret *
read_option(UserMapping *mapping, const char *name, MemoryContext owner)
{
	char *file_name = psprintf("%s_file", name);
	ListCell *lc;

	foreach (lc, mapping->options)
	{
		DefElem *def = lfirst_node(DefElem, lc);

		if (strcmp(def->defname, name) == 0)
			return ftx_secret_create(defGetString(def), owner);
		if (strcmp(def->defname, file_name) == 0)
		{
			check_owner(mapping, file_name);
			return read_file(file_name, defGetString(def), owner);
		}
	}
	return NULL;
}

FtxSecret *
ftx_credential_read(UserMapping *mapping, const char *name, MemoryContext owner)
{
	Whose whose;
	FtxSecret *secret;

	enter(&whose, mapping);
	secret = read_option(mapping, name, owner);
	leave(&whose);
	return secret;
}

static FtxSecret *
required(UserMapping *mapping, const char *name, MemoryContext owner)
{
	Whose whose;
	FtxSecret *secret;

	enter(&whose, mapping);
	secret = read_option(mapping, name, owner);
	if (secret == NULL)
		ereport(
			ERROR,
			(errcode(ERRCODE_FDW_OPTION_NAME_NOT_FOUND),
			 errmsg("the user mapping has no option \"%s\"", name),
			 errhint(
				 "ALTER USER MAPPING ... OPTIONS (ADD %s '...'), or %s_file.",
				 name, name)));
	leave(&whose);
	return secret;
}

static bool
has_file(UserMapping *mapping)
{
	ListCell *lc;

	foreach (lc, mapping->options)
	{
		const char *name = lfirst_node(DefElem, lc)->defname;

		if (strcmp(name, "api_key_file") == 0 ||
			strcmp(name, "api_secret_file") == 0)
			return true;
	}
	return false;
}

/*
 * The webhook secret is sent by statements that register webhooks, so it is
 * to be masked like those that every request is sent with.  What is wrong with
 * its file is told by the functions that need it.
 */
static void
know_webhook_secret(UserMapping *mapping, MemoryContext owner)
{
	MemoryContext old = CurrentMemoryContext;

	PG_TRY();
	{
		(void) ftx_credential_read(mapping, "webhook_secret", owner);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(old);
		FlushErrorState();
	}
	PG_END_TRY();
}

void
ftx_credentials_read(UserMapping *mapping, MemoryContext owner,
					 FtxCredentials *credentials)
{
	memset(credentials, 0, sizeof(*credentials));
	credentials->api_key = required(mapping, "api_key", owner);
	credentials->api_secret = required(mapping, "api_secret", owner);
	(void) ftx_secret_create_basic(credentials->api_key,
								   credentials->api_secret, owner);
	credentials->proxy_user = ftx_credential_read(mapping, "proxy_user", owner);
	credentials->proxy_password = ftx_credential_read(mapping, "proxy_password",
													  owner);
	if (credentials->proxy_user != NULL && credentials->proxy_password != NULL)
		(void) ftx_secret_create_basic(credentials->proxy_user,
									   credentials->proxy_password, owner);
	know_webhook_secret(mapping, owner);
	credentials->from_files = has_file(mapping);
}
