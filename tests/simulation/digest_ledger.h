// The state machine of the simulation: of each transaction its txid and digest, in order. It forgets nothing, so what it holds can be
// compared with what was submitted, with the log and with every image.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "varve/state_machine.h"

namespace varve {

class DigestLedger final : public StateMachine {
 public:
  struct Entry {
    TxId txid;
    Digest digest;
    bool operator==(const Entry&) const = default;
  };

  const std::vector<Entry>& entries() const { return entries_; }

  SchemaInfo schema() const override { return {.compiled = "", .transaction_type = 0, .name = "ledger"}; }
  Reply apply(TxId txid, Bytes transaction) override;
  std::shared_ptr<const StateView> freeze() override;
  void save(std::shared_ptr<const StateView> view, ImageSink& sink) const override;
  Result<void> load(ImageSource& source) override;
  Result<void> finish_load() override;
  void reset() override;

 private:
  struct View;

  std::vector<Entry> entries_;
  std::mutex mutex_;
  std::vector<std::vector<Entry>> chunks_;  // of the image being loaded
};

}  // namespace varve
