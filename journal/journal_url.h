// Journal addresses: file:///var/lib/rm/journal, shared:///mnt/nfs/journal, quorum://h1:8485,h2:8485,h3:8485/rm1.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "varve/error.h"

namespace varve {

struct JournalUrl {
  enum class Kind : std::uint8_t { kFile, kShared, kQuorum };
  Kind kind = Kind::kFile;
  std::string path;                // kFile, kShared: an absolute path
  std::vector<std::string> hosts;  // kQuorum: host:port
  std::string name;                // kQuorum: of the journal on its nodes
};

// 1 to 64 of letters, digits, '-', '_' and '.', not beginning with '.'.
bool is_journal_name(std::string_view name);

// kInvalidArgument with what was expected.
Result<JournalUrl> parse_journal_url(std::string_view url);

}  // namespace varve
