// An open directory of the simulated disk.
#pragma once

#include "base/sim/sim_disk.h"

namespace varve {

class SimDirectory final : public Directory {
 public:
  SimDirectory(SimDisk& disk, std::string path);

  const std::string& path() const override { return path_; }
  kj::Promise<Result<kj::Own<File>>> open(std::string name, OpenMode mode) override;
  kj::Promise<Result<kj::Own<File>>> create(std::string name, OpenMode mode) override;
  kj::Promise<Result<void>> rename(std::string from, std::string to) override;
  kj::Promise<Result<void>> remove(std::string name) override;
  kj::Promise<Result<std::vector<std::string>>> list() override;
  kj::Promise<Result<void>> sync() override;
  kj::Promise<Result<kj::Own<DirectoryLock>>> lock() override;
  kj::Promise<Result<std::uint64_t>> free_bytes() override;

 private:
  SimNames& names();
  std::string path_of(const std::string& name) const { return path_ + "/" + name; }
  Error error(const SimDisk::Verdict& verdict, const SimOperation& operation) const;
  kj::Promise<Result<kj::Own<File>>> opened(const SimDisk::Verdict& verdict, const SimOperation& operation, const std::string& name,
                                            OpenMode mode);

  SimDisk& disk_;
  std::string path_;
  std::uint64_t generation_;
};

}  // namespace varve
