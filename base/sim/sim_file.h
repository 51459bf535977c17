// An open file of the simulated disk.
#pragma once

#include "base/sim/sim_disk.h"
#include "base/task.h"

namespace varve {

class SimFile final : public File {
 public:
  SimFile(SimDisk& disk, std::string path, SimInodeNumber inode, OpenMode mode);

  const std::string& path() const override { return path_; }
  kj::Promise<Result<std::size_t>> read(std::uint64_t offset, MutableBytes out) override;
  kj::Promise<Result<void>> write(std::uint64_t offset, std::vector<Bytes> pieces, RunOn where) override;
  kj::Promise<Result<void>> write_durably(std::uint64_t offset, std::vector<Bytes> pieces, RunOn where) override;
  kj::Promise<Result<void>> sync() override;
  kj::Promise<Result<void>> truncate(std::uint64_t size) override;
  kj::Promise<Result<void>> preallocate(std::uint64_t size) override;
  kj::Promise<Result<std::uint64_t>> size() override;

 private:
  SimInode& inode() { return disk_.state_.inode(inode_); }
  Error error(const SimDisk::Verdict& verdict, const SimOperation& operation) const;
  void check_writable() const;
  void check_alignment(std::uint64_t offset, const std::vector<Bytes>& pieces) const;
  // Writes as much as the verdict and the space allow; lowers bytes_done and sets the error when that is not all.
  void put(SimDisk::Verdict& verdict, std::uint64_t offset, const std::vector<Bytes>& pieces);
  // Syncs the units from `from` to below `upto` only, or all below `upto` when `from` is 0.
  kj::Promise<Result<void>> sync_range(std::uint64_t from, std::uint64_t upto);
  Task<Result<void>> sync_after(kj::Promise<Result<void>> written, std::uint64_t from, std::uint64_t upto);

  SimDisk& disk_;
  std::string path_;
  SimInodeNumber inode_;
  OpenMode mode_;
  std::uint64_t generation_;
};

}  // namespace varve
