#include "journal/control_rule.h"

#include <fmt/format.h>

#include "editlog/control.h"
#include "editlog/txid_limit.h"

namespace varve {
namespace {

std::optional<std::string> size_defect(std::size_t configuration_bytes) {
  if (configuration_bytes <= kConfigurationBytesMax) return std::nullopt;
  return fmt::format("a configuration of {} bytes; at most {} are kept", configuration_bytes, kConfigurationBytesMax);
}

template <typename T>
std::optional<std::string> error_of(const Result<T>& decoded) {
  if (decoded) return std::nullopt;
  return decoded.error().text();
}

}  // namespace

std::optional<std::string> start_defect(const LogStart& start) {
  if (auto defect = size_defect(start.configuration.size())) return defect;
  if (auto defect = error_of(decode_configuration(as_bytes(start.configuration)))) return defect;
  const LogPosition& position = start.position;
  if (position.txid.value >= kTxidMax) return fmt::format("it begins behind txid {}, the highest is {}", position.txid.value, kTxidMax);
  if ((position.txid.value == 0) != (position.epoch.value == 0))
    return fmt::format("it begins behind txid {} of epoch {}: both are 0 in a new log, and neither else", position.txid.value,
                       position.epoch.value);
  return std::nullopt;
}

std::optional<std::string> control_defect(const Frame& frame) {
  TransactionCursor transactions = frame.transactions();
  if (!transactions.next()) return "a frame without transactions";
  switch (frame.header().frame_kind()) {
    case FrameKind::kData:
      return std::nullopt;
    case FrameKind::kSegmentStart: {
      const auto start = decode_segment_start(transactions.bytes());
      return start ? size_defect(encode(start->configuration).size()) : error_of(start);
    }
    case FrameKind::kEpochStart:
      return error_of(decode_epoch_start(transactions.bytes()));
    case FrameKind::kConfiguration: {
      const auto configuration = decode_configuration(transactions.bytes());
      return configuration ? size_defect(transactions.bytes().size()) : error_of(configuration);
    }
  }
  return "a frame of an unknown kind";
}

}  // namespace varve
