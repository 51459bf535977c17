// Who wants to know how far a long piece of work on a journal has come.
#pragma once

#include <string>

#include "varve/types.h"

namespace varve {

class WorkWatcher {
 public:
  virtual ~WorkWatcher() = default;
  // Something was done, or is waited for: one line for people.
  virtual void step(const std::string& text) = 0;
  // Copied, or caught up, so far.
  virtual void reached(TxId txid, TxId end) = 0;
};

}  // namespace varve
