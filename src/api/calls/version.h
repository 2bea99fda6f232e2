/*-------------------------------------------------------------------------
 *
 * version.h
 *		Whether library and script are of one version.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FTX_VERSION_H
#define FTX_VERSION_H

/*
 * The version of the extension in this database, as its script made it;
 * palloc'ed.  NULL when the extension is not there.
 */
extern char *ftx_version_of_script(void);

/*
 * What is to be done when a script of this version meets this library;
 * palloc'ed, a whole sentence.  NULL when they are of one version.
 */
extern char *ftx_version_advice(const char *script);

/*
 * Warn, once in a backend, when they are not.  For use where the API is about
 * to be called: it reads a catalogue.
 */
extern void ftx_version_warn(void);

#endif /* FTX_VERSION_H */
