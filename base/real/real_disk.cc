#include "base/real/real_disk.h"

#include "base/real/real_directory.h"
#include "base/result.h"

namespace varve {

namespace {

kj::Promise<Result<kj::Own<Directory>>> wrap(DiskExecutor& executor, kj::Promise<Result<std::shared_ptr<PosixDirectory>>> opening) {
  return opening.then([&executor](Result<std::shared_ptr<PosixDirectory>> opened) -> Result<kj::Own<Directory>> {
    if (!opened) return fail(std::move(opened.error()));
    return kj::Own<Directory>(kj::heap<RealDirectory>(executor, std::move(*opened)));
  });
}

}  // namespace

kj::Promise<Result<kj::Own<Directory>>> RealDisk::open_directory(std::string path) {
  return wrap(executor_, executor_.run(RunOn::kDiskThread, [path = std::move(path)] { return PosixDirectory::open(path); }));
}

kj::Promise<Result<kj::Own<Directory>>> RealDisk::create_directory(std::string path) {
  return wrap(executor_, executor_.run(RunOn::kDiskThread, [path = std::move(path)] { return PosixDirectory::create(path); }));
}

}  // namespace varve
