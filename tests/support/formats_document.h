// docs/formats.md as tests read it. VARVE_SOURCE_DIR says where it is.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

namespace varve::formats {

inline std::string document() {
  const std::ifstream file(VARVE_SOURCE_DIR "/docs/formats.md");
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

// The lines between ```<fence> and ```.
inline std::string code_block(const std::string& fence) {
  const std::string text = document();
  const std::string opening = "```" + fence + "\n";
  const std::size_t begin = text.find(opening);
  EXPECT_NE(begin, std::string::npos) << fence;
  const std::size_t end = text.find("```\n", begin + opening.size());
  return text.substr(begin + opening.size(), end - begin - opening.size());
}

struct Row {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::string name;
  bool operator==(const Row&) const = default;
};
inline void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name << " at " << row.offset << ", " << row.size << " bytes";
}

// The byte table under a heading.
inline std::vector<Row> table(const std::string& heading) {
  const std::string text = document();
  std::istringstream lines(text.substr(text.find("### " + heading + "\n")));
  std::vector<Row> rows;
  for (std::string line; std::getline(lines, line);) {
    Row row;
    char name[64];
    if (std::sscanf(line.c_str(), "| %lu | %lu | %63s |", &row.offset, &row.size, name) != 3) {
      if (!rows.empty()) break;
      continue;
    }
    row.name = name;
    rows.push_back(row);
  }
  return rows;
}

// The row that a field's table must have.
#define FIELD(record, field)                               \
  ::varve::formats::Row {                                  \
    offsetof(record, field), sizeof(record::field), #field \
  }

}  // namespace varve::formats
