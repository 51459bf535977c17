#include "tests/simulation/log_audit.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "fsimage/image_directory.h"
#include "ha/options.h"
#include "journal/local_journal.h"
#include "tests/simulation/replica_process.h"

namespace varve {

namespace {

using Entries = std::vector<DigestLedger::Entry>;

std::string first_difference(std::string_view what, const Entries& found, const Entries& expected) {
  const auto [f, e] = std::mismatch(found.begin(), found.end(), expected.begin(), expected.end());
  if (f == found.end() && e == expected.end()) return "";
  return fmt::format("{} has {} transactions, the state {}; they differ from txid {} on", what, found.size(), expected.size(),
                     f != found.end() ? f->txid.value : e->txid.value);
}

Task<std::string> audit_log(LocalJournal& journal, const Entries& state) {
  const TxId start = journal.start().txid;
  auto reader = co_await journal.read_after(journal.start());
  if (!reader) co_return fmt::format("reading the log back: {}", reader.error().text());
  Entries log;
  while (true) {
    auto frames = co_await (*reader)->next();
    if (!frames) co_return fmt::format("reading the log back: {}", frames.error().text());
    if (frames->empty()) break;
    for (const FrameView& frame : *frames)
      if (frame.header->frame_kind() == FrameKind::kData)
        for (TransactionCursor c = frame.transactions(); c.next();) log.push_back({c.txid(), digest_of(c.bytes())});
  }
  const auto begin = std::find_if(state.begin(), state.end(), [start](const auto& entry) { return entry.txid > start; });
  co_return first_difference("the log", log, Entries(begin, state.end()));
}

Task<std::string> audit_image(ImageDirectory& images, TxId txid, const Entries& state) {
  DigestLedger ledger;
  auto loaded = co_await images.load(txid, [&ledger](ImageSource& source) { return ledger.load(source); });
  if (!loaded) co_return fmt::format("loading the image of txid {}: {}", txid.value, loaded.error().text());
  auto finished = ledger.finish_load();
  if (!finished) co_return finished.error().text();
  const auto end = std::find_if(state.begin(), state.end(), [txid](const auto& entry) { return entry.txid > txid; });
  co_return first_difference(fmt::format("the image of txid {}", txid.value), ledger.entries(), Entries(state.begin(), end));
}

}  // namespace

Task<std::string> audit(Seams seams, const Options& options, const std::vector<DigestLedger::Entry>& state, const std::set<TxId>& rotten) {
  auto journal = co_await LocalJournal::open(seams, ReplicaProcess::kJournal, log_options(options), roll_policy(options));
  if (!journal) co_return fmt::format("opening the journal after a clean stop: {}", journal.error().text());
  std::string wrong = co_await audit_log(**journal, state);
  if (!wrong.empty()) co_return wrong;

  auto directory = co_await seams.disk.open_directory(ReplicaProcess::kImages);
  if (!directory) co_return directory.error().text();
  auto images = co_await ImageDirectory::open(seams, kj::mv(*directory), (*journal)->namespace_id());
  if (!images) co_return fmt::format("opening the images: {}", images.error().text());
  const std::vector<ImageInfo> published = (*images)->images();
  for (const ImageInfo& image : published) {
    if (rotten.contains(image.txid)) continue;
    wrong = co_await audit_image(**images, image.txid, state);
    if (!wrong.empty()) co_return wrong;
  }
  auto closed = co_await (*journal)->close();
  if (!closed) co_return fmt::format("closing the journal: {}", closed.error().text());
  co_return "";
}

}  // namespace varve
