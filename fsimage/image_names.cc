#include "fsimage/image_names.h"

#include <fmt/format.h>

#include <charconv>

namespace varve {
namespace {

constexpr std::string_view kPrefix = "fsimage_";
constexpr std::string_view kTmpSuffix = ".tmp";
constexpr std::size_t kDigits = 19;

}  // namespace

std::string image_name(TxId txid) {
  return fmt::format("{}{:019}", kPrefix, txid.value);
}
std::string image_tmp_name(TxId txid) {
  return image_name(txid).append(kTmpSuffix);
}
std::string image_damaged_name(TxId txid, unsigned n) {
  return n <= 1 ? image_name(txid) + ".damaged" : fmt::format("{}.damaged.{}", image_name(txid), n);
}

std::optional<TxId> parse_image_name(std::string_view name) {
  if (!name.starts_with(kPrefix) || name.size() != kPrefix.size() + kDigits) return std::nullopt;
  TxId txid;
  const char* const end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + kPrefix.size(), end, txid.value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return txid;
}

std::optional<TxId> parse_image_tmp_name(std::string_view name) {
  if (!name.ends_with(kTmpSuffix)) return std::nullopt;
  return parse_image_name(name.substr(0, name.size() - kTmpSuffix.size()));
}

}  // namespace varve
