// A small file system of its own in a sparse file, mounted through a loop device: a disk whose power can be cut. Root only.
//
// Owns:   the image file and the mount; both go with it, whatever happened.
// Errors: what cannot be done here is said by unavailable(); anything else fails a CHECK.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

namespace varve {

enum class FileSystem : std::uint8_t { kExt4, kXfs };
std::string_view to_string(FileSystem kind);
void PrintTo(FileSystem kind, std::ostream* out);  // for the names of tests

class LoopMount {
 public:
  static constexpr std::uint64_t kBytesMin = 320u << 20;  // the least that mkfs.xfs takes

  // Why file systems of this kind cannot be mounted here; empty: they can.
  static std::string unavailable(FileSystem kind);

  // `directory` must exist: the image and the mount point are made in it; kXfs takes kBytesMin or more. The file system is mounted when
  // this returns.
  LoopMount(const std::string& directory, FileSystem kind, std::uint64_t bytes);
  ~LoopMount();
  LoopMount(const LoopMount&) = delete;

  const std::string& path() const { return mount_point_; }

  // From now on nothing reaches the disk, not even the file system's own log. Only unmount() helps.
  void lose_power();
  void mount();
  void unmount();
  void remount(const std::string& options);  // "ro", "rw"

 private:
  const FileSystem kind_;
  const std::string image_;
  const std::string mount_point_;
  bool mounted_ = false;
};

}  // namespace varve
