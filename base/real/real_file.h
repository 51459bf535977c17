// An open file: PosixFile's calls, made on the disk threads or at once on the loop.
#pragma once

#include "base/real/disk_executor.h"
#include "base/real/posix_file.h"

namespace varve {

class RealFile final : public File {
 public:
  RealFile(DiskExecutor& executor, std::shared_ptr<PosixFile> file) : executor_(executor), file_(std::move(file)) {}

  const std::string& path() const override { return file_->path(); }
  kj::Promise<Result<std::size_t>> read(std::uint64_t offset, MutableBytes out) override;
  kj::Promise<Result<void>> write(std::uint64_t offset, std::vector<Bytes> pieces, RunOn where) override;
  kj::Promise<Result<void>> write_durably(std::uint64_t offset, std::vector<Bytes> pieces, RunOn where) override;
  kj::Promise<Result<void>> sync() override;
  kj::Promise<Result<void>> truncate(std::uint64_t size) override;
  kj::Promise<Result<void>> preallocate(std::uint64_t size) override;
  kj::Promise<Result<std::uint64_t>> size() override;

 private:
  DiskExecutor& executor_;
  std::shared_ptr<PosixFile> file_;  // shared with calls under way
};

}  // namespace varve
