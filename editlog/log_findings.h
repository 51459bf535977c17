// What an offline look at a log's files found.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace varve {

struct LogFinding {
  enum class Kind : std::uint8_t {
    kNote,    // what a crash or an unfinished step leaves, and the next open puts right
    kDamage,  // bytes are not what they were
  };
  Kind kind = Kind::kDamage;
  std::string file;  // its name in the directory
  std::uint64_t offset = 0;
  std::string what;  // one line
};

class LogFindings {
 public:
  void damage(std::string file, std::uint64_t offset, std::string what) {
    all_.push_back({LogFinding::Kind::kDamage, std::move(file), offset, std::move(what)});
  }
  void note(std::string file, std::uint64_t offset, std::string what) {
    all_.push_back({LogFinding::Kind::kNote, std::move(file), offset, std::move(what)});
  }
  const std::vector<LogFinding>& all() const { return all_; }

 private:
  std::vector<LogFinding> all_;
};

}  // namespace varve
