// The disk of this machine.
//
// Threads: the loop's; system calls run on `threads`, or on the loop for RunOn::kInline and for what never blocks long.
// Access:  by descriptor and name, never by path once a directory is open; files 0600, directories 0700.
#pragma once

#include "base/disk.h"
#include "base/real/disk_executor.h"

namespace varve {

class RealDisk final : public Disk {
 public:
  RealDisk(LoopMailbox& mailbox, ThreadPool& threads) : executor_(mailbox, threads) {}

  kj::Promise<Result<kj::Own<Directory>>> open_directory(std::string path) override;
  kj::Promise<Result<kj::Own<Directory>>> create_directory(std::string path) override;

 private:
  DiskExecutor executor_;
};

}  // namespace varve
