#include "rm/image_loader.h"

#include <fmt/format.h>
#include <kj/exception.h>

#include "base/result.h"
#include "rm/image_sections.h"
#include "rm/record_keys.h"
#include "rm/rm.capnp.h"
#include "rm/segment_reader.h"

namespace varve {
namespace {

// What may be read of a record to find its key; the rest is not looked at when it is loaded.
constexpr std::uint64_t kKeyWordsMax = 1 << 20;

template <typename Reader>
Record::Ptr record_of(Reader reader) {
  const auto words = capnp::canonicalize(reader);
  return Record::make(std::as_bytes(std::span(words.begin(), words.size())), kFirstGeneration);
}

tl::unexpected<Error> damaged(TxId txid, std::string_view section, std::uint32_t chunk, std::size_t record, std::string_view what) {
  return fail(ErrorCode::kDamaged, fmt::format("loading the image of txid {}: record {} in chunk {} of section {} {}; load an older image",
                                               txid.value, record, chunk, section, what));
}

template <typename T, typename Key>
Result<void> take_chunk(TxId txid, std::string_view section, std::uint32_t chunk, const RecordView& records, CowRun<Key>& run) {
  for (std::size_t i = 0; i < records.count(); i++) {
    const Bytes bytes = records.record(i);
    if (bytes.empty() || bytes.size() % sizeof(capnp::word) != 0) return damaged(txid, section, chunk, i, "is not a whole number of words");
    try {
      SegmentReader message(bytes, kKeyWordsMax);
      if (!run.append(key_of(message.root<T>()), Record::make(bytes, kFirstGeneration)))
        return damaged(txid, section, chunk, i, "is out of order");
    } catch (const kj::Exception& error) {
      return damaged(txid, section, chunk, i, fmt::format("is malformed: {}", error.getDescription().cStr()));
    }
  }
  return ok();
}

template <typename T, typename Key>
void take_section(ImageSource& source, const ImageSource::Section& section, std::vector<CowRun<Key>>& runs) {
  runs.resize(section.chunks);
  source.consume(section.info.id, [&runs, txid = source.txid(), name = section.info.name](std::uint32_t chunk, const RecordView& records) {
    return take_chunk<T>(txid, name, chunk, records, runs.at(chunk));
  });
}

}  // namespace

Result<void> ImageLoader::declare(ImageSource& source) {
  txid_ = source.txid();
  for (const ImageSource::Section& section : source.sections()) {
    switch (section.info.id) {
      case kMetaSection:
        source.consume(kMetaSection, [this](std::uint32_t, const RecordView& records) { return take_meta(records); });
        break;
      case kApplicationsSection:
        take_section<schema::rm::Application>(source, section, applications_);
        break;
      case kAttemptsSection:
        take_section<schema::rm::Attempt>(source, section, attempts_);
        break;
      case kTokensSection:
        take_section<schema::rm::DelegationToken>(source, section, tokens_);
        break;
      case kMasterKeysSection:
        take_section<schema::rm::MasterKey>(source, section, master_keys_);
        break;
      case kReservationsSection:
        take_section<schema::rm::Reservation>(source, section, reservations_);
        break;
      default:
        break;  // the source refuses it when it is required
    }
  }
  return ok();
}

Result<void> ImageLoader::take_meta(const RecordView& records) {
  if (records.count() != 1 || meta_found_) return damaged(txid_, "meta", 0, 0, "is not the only one");
  const Bytes bytes = records.record(0);
  if (bytes.empty() || bytes.size() % sizeof(capnp::word) != 0) return damaged(txid_, "meta", 0, 0, "is not a whole number of words");
  try {
    SegmentReader message(bytes, bytes.size());
    const auto meta = message.root<schema::rm::Meta>();
    if (meta.hasVersion()) meta_.version = rm::Version{meta.getVersion().getMajor(), meta.getVersion().getMinor()};
    if (meta.getEpochStored()) meta_.epoch = meta.getEpoch();
    meta_.sequence_number = meta.getSequenceNumber();
    if (meta.hasAmrm()) meta_.amrm = record_of(meta.getAmrm());
    if (meta.hasProxyCa()) meta_.proxy_ca = record_of(meta.getProxyCa());
  } catch (const kj::Exception& error) {
    return damaged(txid_, "meta", 0, 0, fmt::format("is malformed: {}", error.getDescription().cStr()));
  }
  meta_found_ = true;
  return ok();
}

Result<std::shared_ptr<RmTables>> ImageLoader::finish() {
  auto tables = std::make_shared<RmTables>();
  const bool ascending = tables->applications.adopt(std::move(applications_)) && tables->attempts.adopt(std::move(attempts_)) &&
                         tables->tokens.adopt(std::move(tokens_)) && tables->master_keys.adopt(std::move(master_keys_)) &&
                         tables->reservations.adopt(std::move(reservations_));
  if (!ascending || !meta_found_)
    return fail(ErrorCode::kDamaged,
                fmt::format("loading the image of txid {}: {}; load an older image", txid_.value,
                            meta_found_ ? "a chunk begins before the end of the one before it" : "it has no record of meta"));
  tables->meta = std::move(meta_);
  return tables;
}

}  // namespace varve
