// An open directory: PosixDirectory's calls, made on the disk threads.
#pragma once

#include "base/real/disk_executor.h"
#include "base/real/posix_directory.h"

namespace varve {

class RealDirectory final : public Directory {
 public:
  RealDirectory(DiskExecutor& executor, std::shared_ptr<PosixDirectory> directory)
      : executor_(executor), directory_(std::move(directory)) {}

  const std::string& path() const override { return directory_->path(); }
  kj::Promise<Result<kj::Own<File>>> open(std::string name, OpenMode mode) override;
  kj::Promise<Result<kj::Own<File>>> create(std::string name, OpenMode mode) override;
  kj::Promise<Result<void>> rename(std::string from, std::string to) override;
  kj::Promise<Result<void>> remove(std::string name) override;
  kj::Promise<Result<std::vector<std::string>>> list() override;
  kj::Promise<Result<void>> sync() override;
  kj::Promise<Result<kj::Own<DirectoryLock>>> lock() override;
  kj::Promise<Result<std::uint64_t>> free_bytes() override;

 private:
  kj::Promise<Result<kj::Own<File>>> open_file(std::string name, OpenMode mode, bool create);

  DiskExecutor& executor_;
  std::shared_ptr<PosixDirectory> directory_;  // shared with calls under way
};

}  // namespace varve
