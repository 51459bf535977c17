#include "tests/shared_simulation/shared_process.h"

#include <fmt/format.h>

#include <utility>

#include "base/result.h"

namespace varve {

SharedProcess::SharedProcess(SimWorld& world, Seams seams, std::string name, LocalLogOptions options, SharedOracle& oracle,
                             SharedCounts& counts)
    : world_(world), seams_(seams), name_(std::move(name)), options_(options), oracle_(oracle), counts_(counts) {}

SharedProcess::~SharedProcess() noexcept(false) {
  tasks_.clear();
  writers_.clear();
}

void SharedProcess::start() {
  ++counts_.starts;
  tasks_.add(do_start());
}

void SharedProcess::stand() {
  if (!opened() || reigns() || std::exchange(standing_, true)) return;
  ++counts_.stands;
  tasks_.add(do_stand());
}

void SharedProcess::append(std::vector<std::string> transactions) {
  if (!reigns()) return;
  ++counts_.submitted;
  tasks_.add(do_append(std::move(transactions)));
}

void SharedProcess::roll() {
  if (reigns()) writers_.back()->roll();
}

void SharedProcess::poll() {
  if (!opened() || std::exchange(polling_, true)) return;
  tasks_.add(do_poll());
}

void SharedProcess::purge(TxId upto) {
  if (!reigns() || std::exchange(purging_, true)) return;
  tasks_.add(do_purge(upto));
}

// No fault of the simulation damages what was synced: damage is a violation, and so is an address that is suddenly foreign.
void SharedProcess::met(const Error& error, const char* doing) {
  world_.trace().add(doing, static_cast<std::uint64_t>(error.code()));
  switch (error.code()) {
    case ErrorCode::kDamaged:
    case ErrorCode::kForeign:
    case ErrorCode::kNewerLayout:
    case ErrorCode::kInvalidArgument:
      oracle_.violate(fmt::format("{} {}: {}", name_, doing, error.text()));
      break;
    case ErrorCode::kFenced:
      ++counts_.fenced;
      break;
    default:
      break;
  }
}

Task<void> SharedProcess::do_start() {
  RollPolicy roll;
  roll.transactions_max = 20;
  auto journal = co_await SharedJournal::open(seams_, kPath, options_, roll);
  if (!journal) {
    met(journal.error(), "opening");
    stalled_ = true;
    co_return;
  }
  oracle_.start((*journal)->start(), name_);
  journal_ = kj::mv(*journal);
}

Task<void> SharedProcess::do_stand() {
  SchemaInfo schema;
  auto writer = co_await journal_->become_writer(name_, "host", std::move(schema));
  standing_ = false;
  if (!writer) {
    met(writer.error(), "becoming the writer");
    co_return;
  }
  ++counts_.reigns;
  const Epoch epoch = (*writer)->epoch();
  oracle_.reign(epoch, (*writer)->committed(), name_);
  oracle_.start(journal_->start(), name_);
  writers_.push_back(kj::mv(*writer));
  over_ = false;
  auto read = co_await read_all("reading what it took over");
  if (!read) met(read.error(), "reading what it took over");
  co_await ask_outcomes();
}

Task<Result<void>> SharedProcess::read_all(const char* what) {
  const LogPosition upto = writers_.back()->committed();
  auto opened = co_await journal_->read_after(journal_->start());
  if (!opened) co_return fail(opened.error());
  TxId last = journal_->start().txid;
  while (true) {
    auto frames = co_await (*opened)->next();
    if (!frames) co_return fail(frames.error());
    if (frames->empty()) break;
    for (const FrameView& frame : *frames) oracle_.known(*frame.header, name_);
    last = frames->back().header->last();
  }
  if (last < upto.txid)
    oracle_.violate(fmt::format("{} {}: it ends at txid {}, committed is {}", name_, what, last.value, upto.txid.value));
  co_return ok();
}

Task<void> SharedProcess::ask_outcomes() {
  const std::vector<Ticket> tickets = oracle_.tickets();
  for (std::size_t i = tickets.size() - std::min<std::size_t>(tickets.size(), 5); i < tickets.size(); ++i) {
    auto outcome = co_await journal_->outcome(tickets[i]);
    if (!outcome || *outcome == Outcome::kUnknownYet) continue;
    ++counts_.outcomes;
    oracle_.outcome(tickets[i], *outcome, name_);
  }
}

Task<void> SharedProcess::do_append(std::vector<std::string> transactions) {
  std::uint64_t space = 0;
  for (const std::string& t : transactions) space += transaction_space(t.size());
  FrameBuilder builder(space);
  for (const std::string& t : transactions) builder.add(as_bytes(t));
  auto frame = co_await writers_.back()->append(kj::mv(builder), RunOn::kDiskThread);
  appended(frame);
}

void SharedProcess::appended(const Result<FramePtr>& frame) {
  if (frame) {
    ++counts_.acknowledged;
    oracle_.known((*frame)->header(), name_ + " acknowledged");
    return;
  }
  met(frame.error(), "appending");
  if (frame.error().code() == ErrorCode::kNoSpace) {
    ++counts_.no_space;
    return;
  }
  over_ = true;
  if (frame.error().code() != ErrorCode::kOutcomeUnknown) return;
  ++counts_.unknown;
  oracle_.unknown(*frame.error().ticket());
}

Task<void> SharedProcess::do_poll() {
  if (reader_.get() == nullptr) {
    auto opened = co_await journal_->read_after(journal_->start());
    if (opened) reader_ = kj::mv(*opened);
    if (!opened) {
      met(opened.error(), "opening a reader");
      stalled_ = !reigns();
    }
  }
  while (reader_.get() != nullptr) {
    auto frames = co_await reader_->next();
    if (!frames) {
      met(frames.error(), "reading");
      stalled_ = frames.error().code() == ErrorCode::kNotFound && !reigns();
      reader_ = nullptr;
      break;
    }
    if (frames->empty()) break;
    counts_.read += frames->size();
    for (const FrameView& frame : *frames) oracle_.known(*frame.header, name_ + " read");
  }
  polling_ = false;
}

Task<void> SharedProcess::do_purge(TxId upto) {
  oracle_.purged(upto);
  auto purged = co_await journal_->purge(upto);
  if (purged) ++counts_.purges;
  if (!purged) met(purged.error(), "purging");
  purging_ = false;
}

}  // namespace varve
