// Keeps what a long work says.
#pragma once

#include <algorithm>
#include <string>

#include "journal/work_watcher.h"

namespace varve {

class NotingWatcher final : public WorkWatcher {
 public:
  void step(const std::string& text) override { steps += text + "\n"; }
  void reached(TxId txid, TxId) override { highest = std::max(highest, txid); }

  std::string steps;
  TxId highest;
};

}  // namespace varve
