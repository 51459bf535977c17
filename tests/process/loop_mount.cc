#include "tests/process/loop_mount.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ostream>

#include "base/check.h"
#include "tests/process/child_process.h"

namespace varve {

namespace {

// Of ext4 and XFS alike.
constexpr unsigned long kShutdown = _IOR('X', 125, std::uint32_t);
constexpr std::uint32_t kNoLogFlush = 2;

// The shutdown is not the file system's death: programs that still have files open hold it, so unmounting may have to wait for them.
void must(const Launch& launch) {
  const Ran ran = run(launch);
  CHECK(ran.status == 0, launch.command[0], launch.command.back(), ran.status, ran.output);
}

std::string mkfs(FileSystem kind) {
  return find_program(kind == FileSystem::kExt4 ? "mkfs.ext4" : "mkfs.xfs");
}

}  // namespace

std::string_view to_string(FileSystem kind) {
  return kind == FileSystem::kExt4 ? "ext4" : "xfs";
}

void PrintTo(FileSystem kind, std::ostream* out) {
  *out << to_string(kind);
}

std::string LoopMount::unavailable(FileSystem kind) {
  if (geteuid() != 0) return "only root may mount";
  if (mkfs(kind).empty()) return fmt::format("mkfs.{} is not installed", to_string(kind));
  if (access("/dev/loop-control", R_OK | W_OK) != 0) return "there are no loop devices";
  const Ran ran = run({{find_program("losetup"), "--find"}, {}});
  if (ran.status != 0) return "there is no free loop device";
  return "";
}

LoopMount::LoopMount(const std::string& directory, FileSystem kind, std::uint64_t bytes)
    : kind_(kind), image_(directory + "/disk.img"), mount_point_(directory + "/mnt") {
  CHECK(mkdir(mount_point_.c_str(), 0755) == 0, mount_point_);
  const int file = ::open(image_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  CHECK(file >= 0 && ftruncate(file, static_cast<off_t>(bytes)) == 0, image_);
  close(file);
  must({{mkfs(kind_), "-q", image_}, {}});
  mount();
}

LoopMount::~LoopMount() {
  if (mounted_) run({{find_program("umount"), "-l", mount_point_}, {}});
  unlink(image_.c_str());
  rmdir(mount_point_.c_str());
}

void LoopMount::lose_power() {
  const int directory = ::open(mount_point_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  CHECK(directory >= 0, mount_point_);
  const std::uint32_t how = kNoLogFlush;
  CHECK(ioctl(directory, kShutdown, &how) == 0, mount_point_, errno);
  close(directory);
}

// The loop device goes with the mount.
void LoopMount::mount() {
  must({{find_program("mount"), "-t", std::string(to_string(kind_)), "-o", "loop", image_, mount_point_}, {}});
  mounted_ = true;
}

void LoopMount::unmount() {
  must({{find_program("umount"), mount_point_}, {}});
  mounted_ = false;
}

void LoopMount::remount(const std::string& options) {
  must({{find_program("mount"), "-o", "remount," + options, mount_point_}, {}});
}

}  // namespace varve
