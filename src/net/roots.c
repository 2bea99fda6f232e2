/*-------------------------------------------------------------------------
 *
 * roots.c
 *		Which authorities a connection trusts.
 *
 * libcurl reads all authorities of the system for each connection: 140 of them
 * take some 20 ms of CPU, ten times what a handshake and a request take
 * together.  Systems that have them in one file mostly have them in a directory
 * as well, by a hash of their names, where OpenSSL reads but the one that a
 * server's certificate leads to.  Debian's libcurl trusts both, reads the file
 * and never comes to look into the directory.
 *
 * So the file is left out where libcurl itself would trust a directory beside
 * it.  Less is trusted then than before, never more.  Where that is too little,
 * as the directory is not there, has no hashes or fewer authorities than the
 * file, verification fails before anything has been sent; the request is
 * then tried again with both, and so are all that the engine sends later.
 *
 * From 8.21 on libcurl takes NULL for either of the two as its default.  There
 * one authority of the directory stands in for the file, and what is no
 * directory for one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "net/roots.h"

#include <dirent.h>
#include <unistd.h>

/*
 * Nothing is found below it, and OpenSSL and GnuTLS go on without: what is in
 * the file is trusted, and no more.
 */
#define NO_DIRECTORY "/dev/null"

/* How OpenSSL names the first authority of a hash: 8 digits, a point, a 0. */
static bool
is_hashed(const char *name)
{
	return strlen(name) == 10 && strspn(name, "0123456789abcdef") == 8 &&
		   strcmp(name + 8, ".0") == 0;
}

/*
 * The name of a file with one authority of the directory, malloc'ed; NULL where
 * there is none by hash.
 */
static char *
one_of(const char *directory)
{
	DIR *dir = opendir(directory);
	char path[MAXPGPATH];
	bool found = false;
	struct dirent *entry;

	if (dir == NULL)
		return NULL;
	while (!found && (entry = readdir(dir)) != NULL)
	{
		if (!is_hashed(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		found = access(path, R_OK) == 0;
	}
	closedir(dir);
	return found ? strdup(path) : NULL;
}

void
ftx_roots_init(FtxEngine *engine)
{
	const curl_version_info_data *version = curl_version_info(CURLVERSION_NOW);
	bool null_is_default = ftx_curl_null_is_default(version);

	engine->root_file = version->cainfo;
	if (null_is_default && version->capath != NULL)
		engine->no_directory = NO_DIRECTORY;
	/* GnuTLS, for one, reads all of a directory */
	if (version->ssl_version == NULL ||
		strncmp(version->ssl_version, "OpenSSL/", 8) != 0 ||
		version->cainfo == NULL || version->capath == NULL)
		return;
	engine->root_directory = version->capath;
	if (null_is_default)
	{
		engine->one_root = one_of(version->capath);
		engine->needs_root_file = engine->one_root == NULL;
	}
}

void
ftx_roots_free(FtxEngine *engine)
{
	free(engine->one_root);
}

CURLcode
ftx_roots_set(FtxRequest *request, const char **option)
{
	const FtxEngine *engine = request->engine;
	const char *file = engine->root_file;
	const char *directory = engine->root_directory;
	CURLcode code;

	request->by_directory = false;
	if (engine->config.sslrootcert != NULL)
	{
		/* these roots only: the system's directory would be added */
		file = engine->config.sslrootcert;
		directory = engine->no_directory;
	}
	else if (directory == NULL)
		return CURLE_OK;
	else if (!engine->needs_root_file)
	{
		file = engine->one_root;
		request->by_directory = true;
	}

	*option = "CURLOPT_CAINFO";
	code = curl_easy_setopt(request->easy, CURLOPT_CAINFO, file);
	if (code != CURLE_OK)
		return code;
	*option = "CURLOPT_CAPATH";
	return curl_easy_setopt(request->easy, CURLOPT_CAPATH, directory);
}

bool
ftx_roots_fell_short(const FtxRequest *request, CURLcode code)
{
	return request->by_directory && request->departures == 0 &&
		   (code == CURLE_PEER_FAILED_VERIFICATION ||
			code == CURLE_SSL_CACERT_BADFILE);
}
