#include "editlog/configuration_history.h"

#include <algorithm>

#include "base/check.h"
#include "editlog/control.h"

namespace varve {

std::optional<LogConfiguration> configuration_in(const FrameHeader& header, Bytes body) {
  const FrameKind kind = header.frame_kind();
  if (kind != FrameKind::kSegmentStart && kind != FrameKind::kConfiguration) return std::nullopt;
  TransactionCursor transactions(body, header.first());
  if (!transactions.next()) return std::nullopt;
  if (kind == FrameKind::kConfiguration) return LogConfiguration{header.last(), std::string(as_text(transactions.bytes()))};
  const auto start = decode_segment_start(transactions.bytes());
  if (!start) return std::nullopt;
  return LogConfiguration{std::min(start->configuration.txid, header.first().previous()), encode(start->configuration)};
}

void ConfigurationHistory::begin_at(const LogStart& start) {
  known_.assign({LogConfiguration{start.position.txid, start.configuration}});
}

void ConfigurationHistory::add(LogConfiguration configuration) {
  if (configuration.txid > newest().txid) known_.push_back(std::move(configuration));
}

void ConfigurationHistory::commit(TxId committed) {
  while (known_.size() > 1 && known_[1].txid <= committed) known_.pop_front();
}

void ConfigurationHistory::cut(TxId to) {
  while (known_.size() > 1 && known_.back().txid > to) known_.pop_back();
  CHECK(known_.back().txid <= to, to.value);
}

void ConfigurationHistory::purge(TxId start) {
  commit(start);
  known_.front().txid = std::max(known_.front().txid, start);
}

}  // namespace varve
