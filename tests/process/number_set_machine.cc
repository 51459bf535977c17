#include "tests/process/number_set_machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/bytes.h"
#include "base/sim/sim_random.h"

namespace varve {

namespace {

constexpr std::uint32_t kRanges = 1;
constexpr std::uint32_t kBallast = 2;

}  // namespace

std::string numbered_transaction(std::uint64_t number) {
  SimRandom random(number);
  std::uint64_t bytes = 8 + random.below(300);
  if (random.percent(2)) bytes = 8 + random.below(20'000);
  std::string transaction(bytes, static_cast<char>('a' + number % 26));
  std::memcpy(transaction.data(), &number, sizeof(number));
  return transaction;
}

struct NumberSetMachine::View final : StateView {
  std::vector<Range> ranges;
};

bool NumberSetMachine::contains(std::uint64_t number) const {
  const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), number, [](std::uint64_t n, const Range& r) { return n < r.first; });
  return after != ranges_.begin() && number <= std::prev(after)->last;
}

std::uint64_t NumberSetMachine::count() const {
  std::uint64_t count = 0;
  for (const Range& range : ranges_) count += range.last - range.first + 1;
  return count;
}

Reply NumberSetMachine::apply(TxId txid, Bytes transaction) {
  const auto number = transaction.size() < 8 ? 0 : load_as<std::uint64_t>(transaction);
  if (number == 0 || as_text(transaction) != numbered_transaction(number))
    defect_ = fmt::format("txid {} has bytes that were never submitted", txid.value);
  else if (number <= last())
    defect_ = fmt::format("txid {} is transaction {}, which comes after transaction {}", txid.value, number, last());
  else if (!ranges_.empty() && number == last() + 1)
    ranges_.back().last = number;
  else
    ranges_.push_back({number, number});
  return {.code = number, .data = ""};
}

std::shared_ptr<const StateView> NumberSetMachine::freeze() {
  auto view = std::make_shared<View>();
  view->ranges = ranges_;
  return view;
}

void NumberSetMachine::save(std::shared_ptr<const StateView> view, ImageSink& sink) const {
  auto numbers = std::static_pointer_cast<const View>(view);
  RecordProducer ranges = [numbers, next = std::size_t{0}](RecordBuffer& out) mutable {
    if (next == numbers->ranges.size()) return false;
    while (next < numbers->ranges.size() && !out.full())
      std::memcpy(out.add(sizeof(Range)).data(), &numbers->ranges[next++], sizeof(Range));
    return true;
  };
  RecordProducer ballast = [next = std::size_t{0}, end = ballast_records_](RecordBuffer& out) mutable {
    if (next == end) return false;
    while (next < end && !out.full()) std::memset(out.add(kBallastRecordBytes).data(), static_cast<int>(next++ % 251), kBallastRecordBytes);
    return true;
  };
  sink.add_section({.id = kRanges, .name = "ranges"}, {ranges});
  sink.add_section({.id = kBallast, .name = "ballast"}, {ballast});
}

Result<void> NumberSetMachine::load(ImageSource& source) {
  reset();
  for (const auto& section : source.sections())
    if (section.info.id == kRanges) chunks_.resize(section.chunks);
  source.consume(kRanges, [this](std::uint32_t chunk, const RecordView& records) -> Result<void> {
    std::vector<Range> ranges;
    for (std::size_t i = 0; i < records.count(); ++i) ranges.push_back(load_as<Range>(records.record(i)));
    std::lock_guard lock(mutex_);
    chunks_[chunk] = std::move(ranges);
    return {};
  });
  source.consume(kBallast, [](std::uint32_t, const RecordView&) -> Result<void> { return {}; });
  return {};
}

Result<void> NumberSetMachine::finish_load() {
  for (const auto& chunk : chunks_) ranges_.insert(ranges_.end(), chunk.begin(), chunk.end());
  chunks_.clear();
  return {};
}

void NumberSetMachine::reset() {
  ranges_.clear();
  chunks_.clear();
  defect_.clear();
}

}  // namespace varve
