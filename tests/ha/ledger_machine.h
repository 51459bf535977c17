// A state machine for tests that forgets nothing: the list of all transactions, in order.
#pragma once

#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "varve/state_machine.h"

namespace varve {

class LedgerMachine final : public StateMachine {
 public:
  const std::vector<std::string>& entries() const { return entries_; }

  SchemaInfo schema() const override { return {.compiled = "", .transaction_type = 0, .name = "ledger"}; }

  Reply apply(TxId txid, Bytes transaction) override {
    entries_.emplace_back(as_text(transaction));
    return {.code = entries_.size(), .data = std::to_string(txid.value)};
  }

  std::shared_ptr<const StateView> freeze() override {
    auto view = std::make_shared<View>();
    view->entries = entries_;
    return view;
  }

  void save(std::shared_ptr<const StateView> view, ImageSink& sink) const override {
    auto ledger = std::static_pointer_cast<const View>(view);
    std::vector<RecordProducer> parts;
    for (std::size_t begin = 0; begin < ledger->entries.size(); begin += kPart)
      parts.push_back([ledger, next = begin, end = std::min(begin + kPart, ledger->entries.size())](RecordBuffer& out) mutable {
        if (next == end) return false;
        while (next < end && !out.full()) {
          const std::string& entry = ledger->entries[next++];
          if (auto room = out.add(entry.size()); !entry.empty()) std::memcpy(room.data(), entry.data(), entry.size());
        }
        return true;
      });
    sink.add_section({.id = 1, .name = "entries"}, std::move(parts));
  }

  Result<void> load(ImageSource& source) override {
    reset();
    for (const auto& section : source.sections())
      if (section.info.id == 1) chunks_.resize(section.chunks);
    source.consume(1, [this](std::uint32_t chunk, const RecordView& records) -> Result<void> {
      std::vector<std::string> entries;
      for (std::size_t i = 0; i < records.count(); ++i) entries.emplace_back(as_text(records.record(i)));
      std::lock_guard lock(mutex_);
      chunks_[chunk] = std::move(entries);
      return {};
    });
    return {};
  }

  Result<void> finish_load() override {
    for (auto& chunk : chunks_) entries_.insert(entries_.end(), chunk.begin(), chunk.end());
    chunks_.clear();
    return {};
  }

  void reset() override {
    entries_.clear();
    chunks_.clear();
  }

 private:
  static constexpr std::size_t kPart = 100;
  struct View final : StateView {
    std::vector<std::string> entries;
  };

  std::vector<std::string> entries_;
  std::mutex mutex_;
  std::vector<std::vector<std::string>> chunks_;
};

}  // namespace varve
