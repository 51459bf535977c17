#include "editlog/segment_names.h"

#include <fmt/format.h>

#include <charconv>

#include "base/check.h"
#include "editlog/txid_limit.h"

namespace varve {
namespace {

constexpr std::string_view kPrefix = "edits_";
constexpr std::string_view kInProgressPrefix = "edits_inprogress_";
constexpr std::size_t kDigits = 19;

// Exactly 19 decimal digits that are at least 1.
std::optional<TxId> parse_txid(std::string_view digits) {
  if (digits.size() != kDigits) return std::nullopt;
  TxId txid;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), txid.value);
  if (error != std::errc() || end != digits.data() + digits.size() || txid.value == 0) return std::nullopt;
  return txid;
}

std::string digits_of(TxId txid) {
  CHECK(txid.value >= 1 && txid.value <= kTxidMax, txid.value);
  return fmt::format("{:019}", txid.value);
}

}  // namespace

std::string finalized_name(TxId first, TxId last) {
  CHECK(first <= last, first.value, last.value);
  return fmt::format("{}{}-{}", kPrefix, digits_of(first), digits_of(last));
}

std::string in_progress_name(TxId first) {
  return fmt::format("{}{}", kInProgressPrefix, digits_of(first));
}

std::optional<SegmentName> parse_segment_name(std::string_view name) {
  if (name.starts_with(kInProgressPrefix)) {
    const auto first = parse_txid(name.substr(kInProgressPrefix.size()));
    if (!first) return std::nullopt;
    return SegmentName{*first, std::nullopt};
  }
  if (!name.starts_with(kPrefix) || name.size() != kPrefix.size() + 2 * kDigits + 1 || name[kPrefix.size() + kDigits] != '-')
    return std::nullopt;
  const auto first = parse_txid(name.substr(kPrefix.size(), kDigits));
  const auto last = parse_txid(name.substr(kPrefix.size() + kDigits + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  return SegmentName{*first, *last};
}

}  // namespace varve
