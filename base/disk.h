// Seam to the disk: durable operations on files and directories, as promises.
//
// Threads:  the event loop's. The real disk runs the system calls on threads of its own.
// Memory:   buffers given to read() and write() stay valid until the promise resolves or is destroyed; destroying the promise of an
//           operation that has begun waits for its end.
// Order:    operations on one file that are under way together may take effect in any order; await one before the next where it matters.
// Durable:  only what sync() says. Content: File::sync(). Names (create, rename, remove): Directory::sync().
// Errors:   Error with the operation and the full path in its text. After a failed sync what was written since the last good one is in
//           doubt for ever: never sync again and believe it.
#pragma once

#include <kj/async.h>
#include <kj/memory.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "varve/error.h"

namespace varve {

// Where a write is carried out: a wake-up of another thread costs as much as a small sync, so who has nothing else to do stays inline.
enum class RunOn : std::uint8_t { kDiskThread, kInline };

class File {
 public:
  virtual ~File() noexcept(false) {}

  virtual const std::string& path() const = 0;  // for error texts

  // Fills `out` from `offset`; the number of bytes read, which is less than asked only at the end of the file.
  virtual kj::Promise<Result<std::size_t>> read(std::uint64_t offset, MutableBytes out) = 0;

  // Writes all pieces, one after the other, from `offset`. Not durable before sync().
  virtual kj::Promise<Result<void>> write(std::uint64_t offset, std::vector<Bytes> pieces, RunOn where = RunOn::kDiskThread) = 0;

  // write(), then these pieces (and as much of the size as they need) are durable: in one step where the platform has one. What
  // earlier write()s of this file left is not part of it: that needs a sync(). On a file opened with `direct`, offset and all
  // sizes must be multiples of kSectorBytes and the memory aligned to it.
  virtual kj::Promise<Result<void>> write_durably(std::uint64_t offset, std::vector<Bytes> pieces, RunOn where = RunOn::kDiskThread) = 0;

  // The content (and the size) written before this call is durable.
  virtual kj::Promise<Result<void>> sync() = 0;

  virtual kj::Promise<Result<void>> truncate(std::uint64_t size) = 0;

  // Reserves space for 0 .. size - 1, so that writing there cannot fail for want of space. The file grows to `size`, new bytes read as 0.
  virtual kj::Promise<Result<void>> preallocate(std::uint64_t size) = 0;

  virtual kj::Promise<Result<std::uint64_t>> size() = 0;
};

// Held until destroyed. Given up by the operating system when the process dies.
class DirectoryLock {
 public:
  virtual ~DirectoryLock() noexcept(false) {}
};

struct OpenMode {
  bool write = false;
  bool direct =
      false;  // bypass the page cache where the file system takes it: write_durably(), and read() and write() of whole aligned sectors
};

// One directory. Names are single components.
class Directory {
 public:
  virtual ~Directory() noexcept(false) {}

  virtual const std::string& path() const = 0;

  virtual kj::Promise<Result<kj::Own<File>>> open(std::string name, OpenMode mode) = 0;
  // Fails with kExists when the name is taken. Mode 0600.
  virtual kj::Promise<Result<kj::Own<File>>> create(std::string name, OpenMode mode = {.write = true}) = 0;
  // Replaces `to` when it exists.
  virtual kj::Promise<Result<void>> rename(std::string from, std::string to) = 0;
  virtual kj::Promise<Result<void>> remove(std::string name) = 0;
  // Names of everything in it but "." and "..", sorted.
  virtual kj::Promise<Result<std::vector<std::string>>> list() = 0;
  // Creations, renames and removals before this call are durable, also when another sync() that was under way fails.
  virtual kj::Promise<Result<void>> sync() = 0;
  // An exclusive lock on the directory itself, which changes nothing in it; kLocked when another holder lives (in this process or
  // another).
  virtual kj::Promise<Result<kj::Own<DirectoryLock>>> lock() = 0;
  // Bytes that an unprivileged process can still allocate on this file system.
  virtual kj::Promise<Result<std::uint64_t>> free_bytes() = 0;
};

class Disk {
 public:
  virtual ~Disk() noexcept(false) {}
  virtual kj::Promise<Result<kj::Own<Directory>>> open_directory(std::string path) = 0;
  // Creates the last component with mode 0700 and makes its name durable; succeeds when the directory exists already.
  virtual kj::Promise<Result<kj::Own<Directory>>> create_directory(std::string path) = 0;
};

}  // namespace varve
