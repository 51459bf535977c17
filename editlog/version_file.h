// VERSION: the small text file that marks a directory as a log, and whose. See docs/formats.md.
//
//   varve journal
//   layout 1
//   namespace <32 hex digits>
//   disk <32 hex digits>
//   lineage <decimal>
//   digest <32 hex digits, of all the lines before>
//
// It is written last at format, so a directory with a VERSION holds a finished log. What it says also stands in the slots.
#pragma once

#include <cstdint>
#include <string>

#include "base/disk.h"
#include "base/task.h"
#include "varve/error.h"
#include "varve/types.h"

namespace varve {

inline constexpr std::uint32_t kJournalLayout = 1;

struct VersionFile {
  std::uint32_t layout = kJournalLayout;
  Uuid namespace_id;
  Uuid disk_id;
  std::uint64_t lineage = 0;
  bool operator==(const VersionFile&) const = default;
};

std::string encode_version(const VersionFile& version);
// Exactly what encode_version() gives, or: kForeign (some other file), kDamaged, kNewerLayout. `path` is for the error's text.
Result<VersionFile> decode_version(std::string_view text, const std::string& path);

// kNotFound when there is none.
Task<Result<VersionFile>> read_version(Directory& directory);
// Durable, content and name, on return; replaces what was there. Goes through VERSION.tmp.
Task<Result<void>> write_version(Directory& directory, VersionFile version);

}  // namespace varve
