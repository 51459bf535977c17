#include "base/sim/sim_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace varve {

SimInodeNumber SimNames::find(std::string_view name) const {
  auto found = seen_.find(name);
  return found == seen_.end() ? 0 : found->second;
}

// A rename that survives gives its file the new name wherever it stood before, since one file never ends up with two names.
void SimNames::apply(const Change& change, Map& map) {
  std::erase_if(map, [&](const Map::value_type& entry) { return entry.second == change.inode; });
  if (!change.to.empty()) map[change.to] = change.inode;
}

void SimNames::add(Change change) {
  apply(change, seen_);
  changes_.push_back(std::move(change));
}

void SimNames::create(const std::string& name, SimInodeNumber inode, std::uint64_t& number) {
  add({number++, inode, "", name});
}

void SimNames::rename(const std::string& from, const std::string& to, std::uint64_t& number) {
  if (from != to) add({number++, find(from), from, to});
}

void SimNames::remove(const std::string& name, std::uint64_t& number) {
  add({number++, find(name), name, ""});
}

// What is durable about a file, or about an entry of the directory, settles whatever was doubtful about it before.
void SimNames::settle_doubts_about(const Change& change) {
  std::erase_if(changes_, [&](const Change& other) {
    if (!other.in_doubt || other.number >= change.number) return false;
    const bool same_entry = !other.to.empty() && (other.to == change.to || other.to == change.from);
    if (same_entry && other.to == change.from) durable_.erase(change.from);  // with the file that `other` replaced
    return same_entry || other.inode == change.inode;
  });
}

std::vector<std::uint64_t> SimNames::begin_sync(std::uint64_t upto) const {
  std::vector<std::uint64_t> numbers;
  for (const Change& change : changes_)
    if (change.number < upto && !change.in_doubt) numbers.push_back(change.number);
  return numbers;
}

void SimNames::end_sync(const std::vector<std::uint64_t>& numbers) {
  const auto covered = [&](const Change& change) { return std::ranges::find(numbers, change.number) != numbers.end(); };
  std::vector<Change> done;
  std::ranges::copy_if(changes_, std::back_inserter(done), covered);
  std::erase_if(changes_, covered);
  for (const Change& change : done) {
    apply(change, durable_);
    settle_doubts_about(change);
  }
}

void SimNames::fail_sync(std::uint64_t upto) {
  for (Change& change : changes_)
    if (change.number < upto) change.in_doubt = true;
}

void SimNames::collect_units(const std::string& directory, std::map<std::uint64_t, UnsyncedUnit>& units) const {
  for (const Change& change : changes_) {
    std::string what;
    if (change.from.empty())
      what = fmt::format("creation of {}/{}", directory, change.to);
    else if (change.to.empty())
      what = fmt::format("removal of {}/{}", directory, change.from);
    else
      what = fmt::format("rename of {}/{} to {}", directory, change.from, change.to);
    units.emplace(change.number, UnsyncedUnit{.what = std::move(what)});
  }
}

void SimNames::collect_inodes(std::set<SimInodeNumber>& inodes) const {
  for (const auto& [name, inode] : durable_) inodes.insert(inode);
  for (const auto& [name, inode] : seen_) inodes.insert(inode);
  for (const Change& change : changes_) inodes.insert(change.inode);
}

void SimNames::crash(const UnitFates& fates) {
  for (const Change& change : changes_)
    if (fates.at(change.number).survives()) apply(change, durable_);
  changes_.clear();
  seen_ = durable_;
}

void SimNames::settle() {
  durable_ = seen_;
  changes_.clear();
}

}  // namespace varve
