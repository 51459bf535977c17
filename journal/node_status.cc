#include "journal/node_status.h"

#include <fmt/format.h>

#include <algorithm>

namespace varve {

namespace {

// Damage in an older segment is mended while appends go on; behind what is damaged in the newest one nothing may be stored.
bool is_of_newest_segment(const std::string& damage) {
  return damage.find("edits_inprogress_") != damage.npos;
}

void add_reasons(const JournalCopyStatus& journal, std::vector<std::string>& reasons) {
  const auto add = [&](const std::string& reason) { reasons.push_back(fmt::format("journal {}: {}", journal.name, reason)); };
  if (!journal.failure.empty()) add(fmt::format("takes nothing more: {}", journal.failure));
  if (!journal.tail_certain) add(fmt::format("where its log ends is not certain; what is proven ends at txid {}", journal.end.txid.value));
  const auto damage = std::find_if(journal.damage.begin(), journal.damage.end(), is_of_newest_segment);
  if (damage != journal.damage.end()) add(fmt::format("the newest segment is damaged: {}", *damage));
}

}  // namespace

std::vector<std::string> reasons_not_ready(const NodeStatus& status) {
  std::vector<std::string> reasons;
  if (status.draining) reasons.emplace_back("the node is draining: it is being stopped");
  if (status.disk_free_bytes < status.disk_reserve_bytes) {
    reasons.push_back(fmt::format("the disk of {} has {} bytes free, less than the reserve of {}", status.directory, status.disk_free_bytes,
                                  status.disk_reserve_bytes));
  }
  for (const std::string& unopened : status.unopened) reasons.push_back(fmt::format("a journal cannot be opened: {}", unopened));
  for (const JournalCopyStatus& journal : status.journals) add_reasons(journal, reasons);
  return reasons;
}

}  // namespace varve
