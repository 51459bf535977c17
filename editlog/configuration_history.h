// The configurations in force along a log: the newest that is committed, and those above it.
//
// Invariant: txids ascend; there is always one.
#pragma once

#include <deque>
#include <optional>

#include "editlog/frame.h"
#include "editlog/log_configuration.h"
#include "editlog/slots.h"

namespace varve {

// What a frame says of the configuration: a record the new one, a SegmentStart the newest before it, by the txid of its record. Others
// nothing. Precondition: the frame is verified.
std::optional<LogConfiguration> configuration_in(const FrameHeader& header, Bytes body);

class ConfigurationHistory {
 public:
  ConfigurationHistory() = default;
  explicit ConfigurationHistory(const LogStart& start) { begin_at(start); }

  // Forgets everything but the start's.
  void begin_at(const LogStart& start);
  // Passed over unless it is newer than the newest: a SegmentStart mostly repeats what is known.
  void add(LogConfiguration configuration);
  void commit(TxId committed);
  // Takes back those above it. Precondition: not below what was committed.
  void cut(TxId to);
  // The log begins above it now; one at or below it counts as the start's.
  void purge(TxId start);

  const LogConfiguration& newest() const { return known_.back(); }
  const LogConfiguration& committed() const { return known_.front(); }

 private:
  std::deque<LogConfiguration> known_{LogConfiguration{}};
};

}  // namespace varve
