// The state machine of the writer process: which numbered transactions it has applied, as ranges, and whether their bytes were right.
// Its images carry ballast, so that a checkpoint takes long enough to be killed in the middle.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "varve/state_machine.h"

namespace varve {

// The bytes of transaction `number`: the number, then what follows from it. The size too follows from the number.
std::string numbered_transaction(std::uint64_t number);

class NumberSetMachine final : public StateMachine {
 public:
  explicit NumberSetMachine(std::size_t ballast_bytes = 0) : ballast_records_(ballast_bytes / kBallastRecordBytes) {}

  bool contains(std::uint64_t number) const;
  std::uint64_t count() const;
  std::uint64_t last() const { return ranges_.empty() ? 0 : ranges_.back().last; }
  // What was wrong with a transaction or an image; empty: nothing.
  const std::string& defect() const { return defect_; }

  SchemaInfo schema() const override { return {.compiled = "", .transaction_type = 0, .name = "numbers"}; }
  Reply apply(TxId txid, Bytes transaction) override;
  std::shared_ptr<const StateView> freeze() override;
  void save(std::shared_ptr<const StateView> view, ImageSink& sink) const override;
  Result<void> load(ImageSource& source) override;
  Result<void> finish_load() override;
  void reset() override;

 private:
  static constexpr std::size_t kBallastRecordBytes = 1000;
  struct Range {
    std::uint64_t first;
    std::uint64_t last;
  };
  struct View;

  const std::size_t ballast_records_;
  std::vector<Range> ranges_;  // rising, apart
  std::string defect_;
  std::mutex mutex_;
  std::vector<std::vector<Range>> chunks_;  // of the image being loaded
};

}  // namespace varve
