// An image in memory: sections of chunks of records, saved and loaded without a file.
#pragma once

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "varve/image.h"
#include "varve/state_machine.h"

namespace varve {

struct MemoryChunk {
  std::vector<std::vector<std::uint64_t>> records;  // words: 8-byte aligned
  bool operator==(const MemoryChunk&) const = default;
};

struct MemorySection {
  std::string name;
  std::vector<MemoryChunk> chunks;
  bool operator==(const MemorySection&) const = default;
};

using MemoryImage = std::map<std::uint32_t, MemorySection>;

class MemoryBuffer : public RecordBuffer {
 public:
  explicit MemoryBuffer(std::size_t bytes_max) : bytes_max_(bytes_max) {}
  std::span<std::byte> add(std::size_t bytes) override {
    bytes_ += bytes;
    chunk.records.emplace_back(bytes / 8);
    return std::as_writable_bytes(std::span(chunk.records.back()));
  }
  bool full() const override { return bytes_ >= bytes_max_; }

  MemoryChunk chunk;

 private:
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
};

class MemorySink : public ImageSink {
 public:
  void add_section(SectionInfo info, std::vector<RecordProducer> parts) override {
    sections_.emplace_back(std::move(info), std::move(parts));
  }

  // Runs the producers.
  MemoryImage produce(std::size_t chunk_bytes) {
    MemoryImage image;
    for (auto& [info, parts] : sections_) {
      MemorySection& section = image[info.id];
      section.name = info.name;
      for (RecordProducer& part : parts) {
        for (MemoryBuffer buffer(chunk_bytes); part(buffer); buffer = MemoryBuffer(chunk_bytes))
          section.chunks.push_back(std::move(buffer.chunk));
      }
    }
    return image;
  }
  std::size_t parts(std::uint32_t section) const {
    for (const auto& [info, parts] : sections_)
      if (info.id == section) return parts.size();
    return 0;
  }

 private:
  std::vector<std::pair<SectionInfo, std::vector<RecordProducer>>> sections_;
};

class MemoryRecords : public RecordView {
 public:
  explicit MemoryRecords(const MemoryChunk& chunk) : chunk_(chunk) {}
  std::size_t count() const override { return chunk_.records.size(); }
  Bytes record(std::size_t index) const override { return std::as_bytes(std::span(chunk_.records[index])); }

 private:
  const MemoryChunk& chunk_;
};

class MemorySource : public ImageSource {
 public:
  explicit MemorySource(const MemoryImage& image) : image_(image) {
    for (const auto& [id, section] : image)
      sections_.push_back({.info = {.id = id, .name = section.name}, .chunks = static_cast<std::uint32_t>(section.chunks.size())});
  }
  TxId txid() const override { return TxId{7}; }
  const std::vector<Section>& sections() const override { return sections_; }
  void consume(std::uint32_t section_id, ChunkConsumer consumer) override { consumers_[section_id] = std::move(consumer); }

  // Gives the chunks to their consumers on two threads, the last ones first.
  Result<void> feed() {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> chunks;
    for (const auto& [id, section] : image_)
      for (std::uint32_t chunk = 0; chunk < section.chunks.size(); chunk++)
        if (consumers_.contains(id)) chunks.emplace_back(id, chunk);
    std::reverse(chunks.begin(), chunks.end());
    Result<void> results[2];
    const auto run = [&](unsigned thread) {
      for (std::size_t i = thread; i < chunks.size() && results[thread]; i += 2) {
        const auto [id, chunk] = chunks[i];
        results[thread] = consumers_.at(id)(chunk, MemoryRecords(image_.at(id).chunks[chunk]));
      }
    };
    std::thread other(run, 1);
    run(0);
    other.join();
    return results[0] ? results[1] : results[0];
  }

 private:
  const MemoryImage& image_;
  std::vector<Section> sections_;
  std::map<std::uint32_t, ChunkConsumer> consumers_;
};

inline MemoryImage save(const StateMachine& state, std::shared_ptr<const StateView> view, std::size_t chunk_bytes = 1 << 12) {
  MemorySink sink;
  state.save(std::move(view), sink);
  return sink.produce(chunk_bytes);
}
inline MemoryImage save(StateMachine& state) {
  return save(state, state.freeze());
}

inline Result<void> load(StateMachine& state, const MemoryImage& image) {
  MemorySource source(image);
  if (auto declared = state.load(source); !declared) return declared;
  if (auto fed = source.feed(); !fed) return fed;
  return state.finish_load();
}

}  // namespace varve
