// The file of the slots; their layout is in slots.cc.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "base/result.h"
#include "editlog/segment_names.h"
#include "editlog/slots.h"

namespace varve {
namespace {

// Memory of whole sectors, for direct I/O's sake.
Task<Result<void>> write_slot(File& file, unsigned slot, std::string encoded) {
  AlignedBuffer buffer(kSlotBytes);
  std::memcpy(buffer.data(), encoded.data(), kSlotBytes);
  std::vector<Bytes> pieces{buffer.span(0, kSlotBytes)};
  CO_TRY(co_await file.write(slot * kSlotBytes, std::move(pieces)));
  co_return co_await file.sync();
}

// Which of the two counts, and what is wrong with the other.
Result<Slots::Found> choose(const Result<DecodedSlot>& first, const Result<DecodedSlot>& second, const std::string& path) {
  // A newer Varve was here: what it keeps in its slots is not ours to judge, nor to overwrite.
  for (const auto* slot : {&first, &second})
    if (!*slot && slot->error().code() == ErrorCode::kNewerLayout) return fail(slot->error().within(fmt::format("reading {}", path)));
  if (!first && !second)
    return fail(ErrorCode::kDamaged,
                fmt::format("reading {}: neither slot is valid (first: {}; second: {}): this copy of the journal has lost its "
                            "vote; put it back from a copy",
                            path, first.error().text(), second.error().text()));
  Slots::Found found;
  found.better = !first || (second && second->sequence > first->sequence) ? 1 : 0;
  const DecodedSlot& better = found.better == 0 ? *first : *second;
  found.state = better.state;
  found.sequence = better.sequence;
  const Result<DecodedSlot>& other = found.better == 0 ? second : first;
  if (!other)
    found.damage = fmt::format("{}: slot {} at offset {} is not valid ({}); the other one is used", path, 1 - found.better,
                               (1 - found.better) * kSlotBytes, other.error().text());
  found.out_of_step = !other || encode_slot(other->state, other->sequence) != encode_slot(better.state, better.sequence);
  return found;
}

}  // namespace

// The right to store; given on when it is destroyed, whether the store was finished or dropped.
class Slots::Turn {
 public:
  Turn(Slots& slots, kj::Own<kj::PromiseFulfiller<void>> done) : slots_(slots), done_(kj::mv(done)) {}
  Turn(const Turn&) = delete;
  ~Turn() noexcept {
    if (!finished_) slots_.failed_ = true;
    done_->fulfill();
  }
  void finish() { finished_ = true; }

 private:
  Slots& slots_;
  kj::Own<kj::PromiseFulfiller<void>> done_;
  bool finished_ = false;
};

Slots::Slots(kj::Own<File> file, Found found)
    : file_(kj::mv(file)),
      state_(std::move(found.state)),
      sequence_(found.sequence),
      better_(found.better),
      out_of_step_(found.out_of_step),
      wrong_size_(found.wrong_size),
      damage_(std::move(found.damage)) {}

Task<Result<kj::Own<Slots>>> Slots::create(Directory& directory, SlotState state) {
  CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await directory.create(std::string(kSlotsFile)));
  CO_TRY(co_await write_slot(*file, 0, encode_slot(state, 1)));
  CO_TRY(co_await write_slot(*file, 1, encode_slot(state, 1)));
  Found found{.state = std::move(state), .sequence = 1};
  co_return kj::heap<Slots>(kj::mv(file), std::move(found));
}

Task<Result<kj::Own<Slots>>> Slots::open(Directory& directory) {
  CO_ASSIGN_OR_RETURN(kj::Own<File> file, co_await directory.open(std::string(kSlotsFile), OpenMode{.write = true}));
  CO_ASSIGN_OR_RETURN(const std::uint64_t size, co_await file->size());
  AlignedBuffer buffer(kSlotsFileBytes);
  Result<std::size_t> read = co_await file->read(0, buffer.span(0, kSlotsFileBytes));
  if (!read) co_return fail(std::move(read.error()));
  const Bytes bytes = std::as_const(buffer).span(0, *read);
  const Bytes first = bytes.first(std::min(bytes.size(), kSlotBytes));
  CO_ASSIGN_OR_RETURN(Found found, choose(decode_slot(first), decode_slot(bytes.subspan(first.size())), file->path()));
  if (size != kSlotsFileBytes) {
    found.wrong_size = true;
    found.out_of_step = true;
    if (!found.damage)
      found.damage = fmt::format("{}: expected {} bytes, found {}; both slots are good", file->path(), kSlotsFileBytes, size);
  }
  co_return kj::heap<Slots>(kj::mv(file), std::move(found));
}

Task<Result<void>> Slots::settle() {
  return in_turn(std::nullopt);
}

Task<Result<void>> Slots::store(SlotState state) {
  return in_turn(std::move(state));
}

Task<Result<void>> Slots::in_turn(std::optional<SlotState> changed) {
  auto mine = kj::newPromiseAndFulfiller<void>();
  std::optional<kj::Promise<void>> before = std::exchange(turn_, kj::mv(mine.promise));
  Turn turn(*this, kj::mv(mine.fulfiller));
  if (before) co_await kj::mv(*before);
  if (failed_) {
    turn.finish();
    co_return fail(ErrorCode::kIo,
                   fmt::format("storing into {}: an earlier store failed, so its slots are in doubt: reopen the log", file_->path()));
  }
  SlotState state = changed ? *std::move(changed) : state_;
  const std::uint64_t sequence = changed ? sequence_ + 1 : sequence_;
  // A change: the worse slot first, the better one stays whole until then. Else the better one first: bytes that stand there durably
  // are not harmed by being written again, and if they do not the other slot stays whole until they do.
  const unsigned first = changed ? 1 - better_ : better_;
  Result<void> stored = co_await write_both(first, encode_slot(state, sequence));
  failed_ = !stored;
  turn.finish();
  if (!stored) co_return stored;
  state_ = std::move(state);
  sequence_ = sequence;
  co_return stored;
}

Task<Result<void>> Slots::write_both(unsigned first, std::string encoded) {
  if (wrong_size_) CO_TRY(co_await file_->truncate(kSlotsFileBytes));
  CO_TRY(co_await write_slot(*file_, first, encoded));
  CO_TRY(co_await write_slot(*file_, 1 - first, encoded));
  wrong_size_ = false;
  out_of_step_ = false;
  damage_.reset();
  co_return ok();
}

}  // namespace varve
