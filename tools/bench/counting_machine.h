// The least state machine: counts transactions and their bytes. What is left is the cost of the log.
#pragma once

#include <cstring>
#include <memory>

#include "varve/state_machine.h"

namespace varve {

class CountingMachine final : public StateMachine {
 public:
  std::uint64_t count() const { return state_.count; }
  std::uint64_t bytes() const { return state_.bytes; }

  SchemaInfo schema() const override { return {.compiled = "", .transaction_type = 0, .name = "bench"}; }
  Reply apply(TxId, Bytes transaction) override {
    ++state_.count;
    state_.bytes += transaction.size();
    return {};
  }
  std::shared_ptr<const StateView> freeze() override { return std::make_shared<View>(state_); }
  void save(std::shared_ptr<const StateView> view, ImageSink& sink) const override {
    auto state = std::static_pointer_cast<const View>(view)->state;
    sink.add_section({.id = 1, .name = "count"}, {[state, done = false](RecordBuffer& out) mutable {
                       if (std::exchange(done, true)) return false;
                       std::memcpy(out.add(sizeof state).data(), &state, sizeof state);
                       return true;
                     }});
  }
  Result<void> load(ImageSource& source) override {
    source.consume(1, [this](std::uint32_t, const RecordView& records) -> Result<void> {
      std::memcpy(&state_, records.record(0).data(), sizeof state_);
      return {};
    });
    return {};
  }
  Result<void> finish_load() override { return {}; }
  void reset() override { state_ = {}; }

 private:
  struct Counts {
    std::uint64_t count = 0;
    std::uint64_t bytes = 0;
  };
  struct View final : StateView {
    explicit View(Counts counts) : state(counts) {}
    Counts state;
  };
  Counts state_;
};

}  // namespace varve
