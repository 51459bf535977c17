// The ways to make an append durable, beside each other: three kinds of space times three kinds of write, by turns in one run.
//  append_io DIR SIZE SECONDS      each way for SECONDS in turns of a tenth; one JSON line per way: appends per second, latency
//
// Space: growing     the file grows with each append
//        fallocated  fallocate() before, never written: an append turns its extent into a written one
//        written     fallocate() and a first pass of writes before
// Write: fdatasync   pwrite, then fdatasync
//        dsync       pwritev2 with RWF_DSYNC, through the page cache
//        direct      the same with O_DIRECT, past it
#include "common.h"
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

constexpr uint64_t kFileBytes = 128 << 20;

[[noreturn]] void die(const std::string& what) {
  perror(what.c_str());
  exit(1);
}

struct Way {
  std::string space, write, path;
  int fd = -1;
  uint64_t at = 0;
  Hist latency;

  void open_file(const std::string& dir) {
    path = dir + "/append_io." + space + "." + write;
    fd = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | (write == "direct" ? O_DIRECT : 0), 0600);
    if (fd < 0) die(path);
    fresh();
  }
  // Space as it was before the first append.
  void fresh() {
    at = 0;
    if (ftruncate(fd, 0)) die(path);
    if (space != "growing" && fallocate(fd, 0, 0, kFileBytes)) die(path);
    if (space == "written") fill();
    if (fsync(fd)) die(path);
  }
  void fill() {
    static char* block = [] {
      char* b = static_cast<char*>(aligned_alloc(4096, 1 << 20));
      memset(b, 1, 1 << 20);
      return b;
    }();
    for (uint64_t done = 0; done < kFileBytes; done += 1 << 20)
      if (pwrite(fd, block, 1 << 20, off_t(done)) != 1 << 20) die(path);
  }
  void append(char* bytes, size_t size) {
    if (at + size > kFileBytes) {
      if (space == "written")
        at = 0;
      else
        fresh();
    }
    iovec piece{bytes, size};
    const uint64_t began = now_ns();
    if (write == "fdatasync") {
      if (pwrite(fd, bytes, size, off_t(at)) != ssize_t(size) || fdatasync(fd)) die(path);
    } else if (pwritev2(fd, &piece, 1, off_t(at), RWF_DSYNC) != ssize_t(size)) {
      die(path);
    }
    latency.add(now_ns() - began);
    at += size;
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) { fprintf(stderr, "append_io DIR SIZE SECONDS\n"); return 2; }
  const size_t size = size_t(atol(argv[2]));
  const double seconds = atof(argv[3]);
  char* bytes = static_cast<char*>(aligned_alloc(4096, (size + 4095) / 4096 * 4096));
  memset(bytes, 7, size);
  std::vector<Way> ways;
  for (const char* space : {"growing", "fallocated", "written"})
    for (const char* write : {"fdatasync", "dsync", "direct"}) {
      ways.emplace_back();
      ways.back().space = space;
      ways.back().write = write;
      ways.back().open_file(argv[1]);
    }
  for (int turn = 0; turn < 10; ++turn)
    for (Way& way : ways) {
      const uint64_t began = now_ns();
      while (now_ns() - began < uint64_t(seconds / 10 * 1e9)) way.append(bytes, size);
    }
  for (Way& way : ways) {
    emit("{\"k\":\"append_io\",\"space\":\"%s\",\"write\":\"%s\",\"size\":%zu,\"ops\":%.1f,\"MBps\":%.1f,\"p50us\":%.1f,\"p99us\":%.1f}",
         way.space.c_str(), way.write.c_str(), size, way.latency.n * 1e9 / double(way.latency.sum), double(size) * way.latency.n * 1e3 / double(way.latency.sum),
         way.latency.q(.5) / 1e3, way.latency.q(.99) / 1e3);
    close(way.fd);
    unlink(way.path.c_str());
  }
}
