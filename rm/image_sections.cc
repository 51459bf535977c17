#include "rm/image_sections.h"

#include <algorithm>
#include <cstring>

#include "rm/rm.capnp.h"
#include "rm/segment_reader.h"

namespace varve {
namespace {

void add_record(RecordBuffer& buffer, Bytes bytes) {
  std::memcpy(buffer.add(bytes.size()).data(), bytes.data(), bytes.size());
}

// Gives `left` records from the cursor on.
template <typename Key>
RecordProducer part_of(std::shared_ptr<const RmView> view, CowCursor<Key> cursor, std::size_t left) {
  return [view = std::move(view), cursor, left](RecordBuffer& buffer) mutable {
    if (left == 0 || cursor.at_end()) return false;
    do {
      add_record(buffer, cursor.record()->bytes());
      cursor.next();
      left--;
    } while (left > 0 && !cursor.at_end() && !buffer.full());
    return true;
  };
}

template <typename T, typename Key>
void save_section(ImageSink& sink, std::uint32_t id, const char* name, const std::shared_ptr<const RmView>& view,
                  const CowView<Key>& records) {
  std::vector<RecordProducer> parts;
  const std::size_t size = records.size();
  for (std::size_t rank = 0; rank < size; rank += kPartRecords) parts.push_back(part_of(view, records.seek(rank), kPartRecords));
  sink.add_section({.id = id, .name = name, .record_type = capnp::typeId<T>()}, std::move(parts));
}

kj::Array<capnp::word> meta_record(const RmMeta& meta) {
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<schema::rm::Meta>();
  if (meta.version) {
    root.initVersion().setMajor(meta.version->major);
    root.getVersion().setMinor(meta.version->minor);
  }
  root.setEpochStored(meta.epoch.has_value());
  root.setEpoch(meta.epoch.value_or(0));
  root.setSequenceNumber(meta.sequence_number);
  if (meta.amrm) {
    SegmentReader amrm(meta.amrm->bytes(), UINT64_MAX);
    root.setAmrm(amrm.root<schema::rm::AmrmTokens>());
  }
  if (meta.proxy_ca) {
    SegmentReader proxy_ca(meta.proxy_ca->bytes(), UINT64_MAX);
    root.setProxyCa(proxy_ca.root<schema::rm::ProxyCa>());
  }
  return capnp::canonicalize(root.asReader());
}

RecordProducer meta_part(std::shared_ptr<const RmView> view) {
  return [view = std::move(view), done = false](RecordBuffer& buffer) mutable {
    if (std::exchange(done, true)) return false;
    const auto record = meta_record(view->meta);
    add_record(buffer, std::as_bytes(std::span(record.begin(), record.size())));
    return true;
  };
}

}  // namespace

void save_sections(std::shared_ptr<const RmView> view, ImageSink& sink) {
  sink.add_section({.id = kMetaSection, .name = "meta", .record_type = capnp::typeId<schema::rm::Meta>()}, {meta_part(view)});
  save_section<schema::rm::Application>(sink, kApplicationsSection, "applications", view, view->applications);
  save_section<schema::rm::Attempt>(sink, kAttemptsSection, "attempts", view, view->attempts);
  save_section<schema::rm::DelegationToken>(sink, kTokensSection, "delegation_tokens", view, view->tokens);
  save_section<schema::rm::MasterKey>(sink, kMasterKeysSection, "delegation_keys", view, view->master_keys);
  save_section<schema::rm::Reservation>(sink, kReservationsSection, "reservations", view, view->reservations);
}

}  // namespace varve
