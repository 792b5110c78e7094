/* To be preloaded into a database server: each flush to the disk takes FLUSH_MICROSECONDS longer.
 *
 * Virtual disks often say at once that they have written; a server on one shows what a client costs, not what a
 * history takes where a commit is to outlive a power cut.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static int slowly(const char *name, int file)
{
    int (*flush)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    int result = flush(file);
    const char *wait = getenv("FLUSH_MICROSECONDS");
    usleep(wait ? (useconds_t)atol(wait) : 0);
    return result;
}

int fsync(int file) { return slowly("fsync", file); }
int fdatasync(int file) { return slowly("fdatasync", file); }
