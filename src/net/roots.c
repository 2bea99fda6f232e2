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
 * libcurl 8.22 does not take a directory in this way: there, and from the first
 * version on with which it was not seen to work, libcurl does as it always does.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "net/roots.h"

/* 8.14, of Debian 13, is the last one with which a directory was seen to do */
#define LAST_VERSION 0x080EFF

void
ftx_roots_init(FtxEngine *engine)
{
	const curl_version_info_data *version = curl_version_info(CURLVERSION_NOW);

	/* GnuTLS, for one, reads all of a directory */
	if (version->ssl_version != NULL &&
		strncmp(version->ssl_version, "OpenSSL/", 8) == 0 &&
		version->version_num <= LAST_VERSION && version->cainfo != NULL)
		engine->root_directory = version->capath;
	engine->root_file = version->cainfo;
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
		directory = NULL;
	}
	else if (directory == NULL)
		return CURLE_OK;
	else if (!engine->needs_root_file)
	{
		file = NULL;
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
