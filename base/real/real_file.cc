#include "base/real/real_file.h"

namespace varve {

kj::Promise<Result<std::size_t>> RealFile::read(std::uint64_t offset, MutableBytes out) {
  return executor_.run(RunOn::kDiskThread, [file = file_, offset, out] { return file->read(offset, out); });
}

kj::Promise<Result<void>> RealFile::write(std::uint64_t offset, std::vector<Bytes> pieces, RunOn where) {
  return executor_.run(where, [file = file_, offset, pieces = std::move(pieces)] { return file->write(offset, pieces); });
}

kj::Promise<Result<void>> RealFile::write_durably(std::uint64_t offset, std::vector<Bytes> pieces, RunOn where) {
  return executor_.run(where, [file = file_, offset, pieces = std::move(pieces)] { return file->write_durably(offset, pieces); });
}

kj::Promise<Result<void>> RealFile::sync() {
  return executor_.run(RunOn::kDiskThread, [file = file_] { return file->sync(); });
}

kj::Promise<Result<void>> RealFile::truncate(std::uint64_t size) {
  return executor_.run(RunOn::kDiskThread, [file = file_, size] { return file->truncate(size); });
}

kj::Promise<Result<void>> RealFile::preallocate(std::uint64_t size) {
  return executor_.run(RunOn::kDiskThread, [file = file_, size] { return file->preallocate(size); });
}

kj::Promise<Result<std::uint64_t>> RealFile::size() {
  return executor_.run(RunOn::kInline, [file = file_] { return file->size(); });
}

}  // namespace varve
