// A simulated disk with one log directory, and the verbs that tests of segments speak in.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/sim/sim_world.h"
#include "editlog/prepared_segment.h"
#include "editlog/segment_file.h"
#include "editlog/segment_names.h"
#include "editlog/segment_reader.h"
#include "editlog/segment_writer.h"
#include "tests/editlog/frame_source.h"

namespace varve {

class SegmentFixture : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kSalt = 77;
  static constexpr std::uint64_t kFileBytes = 64 * 1024;

  SegmentFixture() : directory_(take(world_.wait(world_.disk().create_directory("/log")))) {}
  ~SegmentFixture() noexcept override {}

  template <typename T>
  auto wait(T promise) {
    return world_.wait(kj::mv(promise));
  }

  PreparedSegment prepare(std::uint64_t file_bytes = kFileBytes, std::uint64_t salt = kSalt) {
    return take(wait(PreparedSegment::prepare(
        *directory_,
        {.name = std::string(kPreparedFile), .namespace_id = kTestNamespace, .salt = salt, .file_bytes = file_bytes, .direct = true})));
  }
  // A segment in progress that begins with the source's next frame.
  kj::Own<SegmentWriter> open_segment(std::uint64_t file_bytes = kFileBytes, std::uint64_t salt = kSalt) {
    const SegmentHeader header = source_.header();
    written_.assign({source_.segment_start()});
    return take(wait(SegmentWriter::open_new(*directory_, prepare(file_bytes, salt), header, written_)));
  }
  void append_frames(SegmentWriter& writer, std::vector<FramePtr> frames) {
    written_.insert(written_.end(), frames.begin(), frames.end());
    take(wait(writer.append(std::move(frames))));
    writer.check_invariants();
  }
  void append(SegmentWriter& writer, const std::vector<std::size_t>& sizes) { append_frames(writer, {source_.data(sizes)}); }
  void finalize(SegmentWriter& writer) {
    take(wait(writer.finalize(*directory_)));
    writer.check_invariants();
  }

  kj::Own<File> open(const std::string& name) { return take(wait(directory_->open(name, OpenMode{}))); }
  static std::string path(const std::string& name) { return "/log/" + name; }
  std::string contents_of(const std::string& name) { return std::string(as_text(world_.disk().read_all(path(name)))); }

  static SegmentRange range_of(const SegmentHeader& header, std::uint64_t end_offset, std::optional<std::uint64_t> salt = kSalt) {
    return {.namespace_id = kTestNamespace,
            .lineage = header.lineage,
            .salt = salt,
            .end_offset = end_offset,
            .before = {header.first().previous(), Epoch{0}, header.previous}};
  }

  // Everything that a reader gives out until it stops.
  struct ReadBack {
    std::vector<std::string> frames;
    SegmentStop stop;
    LogPosition position;
  };
  ReadBack read_all(SegmentReader& reader) {
    ReadBack read;
    while (true) {
      const std::vector<FrameView> views = take(wait(reader.next()));
      if (views.empty()) break;
      for (const FrameView& view : views) {
        EXPECT_EQ(view.bytes().data() + sizeof(FrameHeader), view.body.data());
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(view.body.data()) % 8, 0u);
        read.frames.emplace_back(as_text(view.bytes()));
      }
    }
    read.stop = reader.stop().value();
    read.position = reader.position();
    return read;
  }
  ReadBack read_file(const std::string& name, SegmentRange range) {
    kj::Own<File> file = open(name);
    SegmentReader reader(*file, range);
    return read_all(reader);
  }
  std::vector<std::string> written() const {
    std::vector<std::string> frames;
    for (const FramePtr& frame : written_) frames.push_back(bytes_of_frame(frame));
    return frames;
  }

  SimWorld world_;
  kj::Own<Directory> directory_;
  FrameSource source_;
  std::vector<FramePtr> written_;
};

}  // namespace varve
