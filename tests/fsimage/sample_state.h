// A small state to save and load: sections of records, divided into parts.
#pragma once

#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "fsimage/image_directory.h"

namespace varve {

struct SampleSection {
  SectionInfo info;
  std::vector<std::vector<std::string>> parts;
};

inline void add_record(RecordBuffer& buffer, const std::string& record) {
  const std::span<std::byte> room = buffer.add(record.size());
  if (!record.empty()) std::memcpy(room.data(), record.data(), record.size());
}

// Gives the records of one part, a chunk at a time.
inline RecordProducer produce(const std::vector<std::string>& records) {
  return [&records, next = std::size_t{0}](RecordBuffer& buffer) mutable {
    while (next < records.size() && !buffer.full()) add_record(buffer, records[next++]);
    return next < records.size();
  };
}

struct SampleState {
  std::vector<SampleSection> sections;

  void declare(ImageSink& sink) const {
    for (const SampleSection& section : sections) {
      std::vector<RecordProducer> parts;
      for (const auto& part : section.parts) parts.push_back(produce(part));
      sink.add_section(section.info, std::move(parts));
    }
  }

  // Records of each section in order, by its id.
  std::map<std::uint32_t, std::vector<std::string>> records() const {
    std::map<std::uint32_t, std::vector<std::string>> all;
    for (const SampleSection& section : sections) {
      auto& records = all[section.info.id];
      for (const auto& part : section.parts) records.insert(records.end(), part.begin(), part.end());
    }
    return all;
  }
};

// Takes the records of the sections it knows.
class SampleReceiver {
 public:
  Result<void> declare(ImageSource& source) {
    txid = source.txid();
    for (const ImageSource::Section& section : source.sections()) {
      const std::uint32_t id = section.info.id;
      if (unknown.contains(id)) continue;
      chunks_[id].resize(section.chunks);
      source.consume(id, [this, id](std::uint32_t chunk, const RecordView& view) { return take(id, chunk, view); });
    }
    return {};
  }

  std::map<std::uint32_t, std::vector<std::string>> records() const {
    std::map<std::uint32_t, std::vector<std::string>> all;
    for (const auto& [id, chunks] : chunks_) {
      auto& records = all[id];
      for (const auto& chunk : chunks) records.insert(records.end(), chunk.begin(), chunk.end());
    }
    return all;
  }
  std::size_t chunks(std::uint32_t id) const { return chunks_.at(id).size(); }

  TxId txid;
  std::map<std::uint32_t, bool> unknown;  // ids that it leaves alone

 private:
  Result<void> take(std::uint32_t id, std::uint32_t chunk, const RecordView& view) {
    std::vector<std::string> records;
    for (std::size_t i = 0; i < view.count(); ++i) {
      const Bytes bytes = view.record(i);
      if (reinterpret_cast<std::uintptr_t>(bytes.data()) % 8 != 0) return fail(ErrorCode::kRefused, "a record is not aligned");
      records.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    const std::lock_guard lock(mutex_);
    chunks_.at(id).at(chunk) = std::move(records);
    return {};
  }

  std::mutex mutex_;
  std::map<std::uint32_t, std::vector<std::vector<std::string>>> chunks_;
};

// Records of `count` different sizes around `bytes`, some of them empty.
inline std::vector<std::string> sample_records(std::size_t count, std::size_t bytes, unsigned salt = 0) {
  std::vector<std::string> records;
  for (std::size_t i = 0; i < count; ++i) {
    std::string record;
    for (std::size_t j = 0; j < bytes * ((i + salt) % 3) / 2 + (i % 5); ++j)
      record.push_back(static_cast<char>('a' + (i * 7 + j * j + salt) % 26));
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace varve
