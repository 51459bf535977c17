// For LD_PRELOAD, beside eatmydata: pwritev2() that forgets RWF_DSYNC and RWF_SYNC, so that durable writes are not.
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

extern "C" ssize_t pwritev2(int file, const iovec* pieces, int count, off_t offset, int flags) {
  return syscall(SYS_pwritev2, file, pieces, count, offset, 0, flags & ~(RWF_DSYNC | RWF_SYNC));
}
extern "C" ssize_t pwritev64v2(int file, const iovec* pieces, int count, off64_t offset, int flags) {
  return pwritev2(file, pieces, count, offset, flags);
}
