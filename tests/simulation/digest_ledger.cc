#include "tests/simulation/digest_ledger.h"

#include <cstring>

#include "base/bytes.h"
#include "base/digest.h"

namespace varve {

namespace {

constexpr std::uint32_t kEntries = 1;
constexpr std::size_t kPartEntries = 300;
static_assert(sizeof(DigestLedger::Entry) == 24);

}  // namespace

struct DigestLedger::View final : StateView {
  std::vector<Entry> entries;
};

Reply DigestLedger::apply(TxId txid, Bytes transaction) {
  entries_.push_back({txid, digest_of(transaction)});
  return {.code = entries_.size(), .data = ""};
}

std::shared_ptr<const StateView> DigestLedger::freeze() {
  auto view = std::make_shared<View>();
  view->entries = entries_;
  return view;
}

void DigestLedger::save(std::shared_ptr<const StateView> view, ImageSink& sink) const {
  auto ledger = std::static_pointer_cast<const View>(view);
  std::vector<RecordProducer> parts;
  for (std::size_t begin = 0; begin < ledger->entries.size(); begin += kPartEntries) {
    const std::size_t end = std::min(begin + kPartEntries, ledger->entries.size());
    parts.push_back([ledger, next = begin, end](RecordBuffer& out) mutable {
      if (next == end) return false;
      while (next < end && !out.full()) std::memcpy(out.add(sizeof(Entry)).data(), &ledger->entries[next++], sizeof(Entry));
      return true;
    });
  }
  sink.add_section({.id = kEntries, .name = "entries"}, std::move(parts));
}

Result<void> DigestLedger::load(ImageSource& source) {
  reset();
  for (const auto& section : source.sections())
    if (section.info.id == kEntries) chunks_.resize(section.chunks);
  source.consume(kEntries, [this](std::uint32_t chunk, const RecordView& records) -> Result<void> {
    std::vector<Entry> entries;
    for (std::size_t i = 0; i < records.count(); ++i) {
      if (records.record(i).size() != sizeof(Entry)) return fail(ErrorCode::kDamaged, "an entry of the ledger has the wrong size");
      entries.push_back(load_as<Entry>(records.record(i)));
    }
    std::lock_guard lock(mutex_);
    chunks_[chunk] = std::move(entries);
    return {};
  });
  return {};
}

Result<void> DigestLedger::finish_load() {
  for (const auto& chunk : chunks_) entries_.insert(entries_.end(), chunk.begin(), chunk.end());
  chunks_.clear();
  return {};
}

void DigestLedger::reset() {
  entries_.clear();
  chunks_.clear();
}

}  // namespace varve
