// Keeps the processor and the heap busy in functions that are worth seeing in a profile of gperftools.
#include <gperftools/heap-profiler.h>
#include <gperftools/profiler.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace shop {

template <typename T>
class Shelf {
 public:
  [[gnu::noinline]] void Add(const std::string& title, T book) { books_[title + title] = book; }

  template <typename F>
  [[gnu::noinline]] uint64_t Sum(F weigh) const {
    uint64_t sum = 0;
    for (const auto& book : books_) sum += weigh(book.second);
    return sum;
  }

 private:
  std::map<std::string, T> books_;
};

struct Weigher {
  virtual ~Weigher() = default;
  virtual uint64_t operator()(uint64_t book) const = 0;
};

struct Heavy : Weigher {
  [[gnu::noinline]] uint64_t operator()(uint64_t book) const override {
    for (int n = 0; n < 300; n++) book = book * 31 + (book >> 7);
    return book;
  }
};

namespace {

[[gnu::noinline]] void Fill(Shelf<uint64_t>& shelf, uint64_t size) {
  for (uint64_t n = 0; n < size; n++) shelf.Add(std::to_string(n * 0x9e3779b97f4a7c15), n);
}

[[gnu::noinline]] uint64_t Sort(std::vector<uint64_t> rows) {
  std::sort(rows.begin(), rows.end(), [](uint64_t a, uint64_t b) { return a * 31 > b * 17; });
  return rows[0];
}

}  // namespace

[[gnu::noinline]] std::vector<std::unique_ptr<Shelf<uint64_t>>> Open(int count) {
  std::vector<std::unique_ptr<Shelf<uint64_t>>> shelves;
  for (int n = 0; n < count; n++) {
    shelves.push_back(std::make_unique<Shelf<uint64_t>>());
    Fill(*shelves.back(), 100 * n);
  }
  return shelves;
}

}  // namespace shop

int main() {
  auto kept = shop::Open(12);
  auto start = std::chrono::steady_clock::now();
  uint64_t sum = 0;
  shop::Heavy heavy;
  while (std::chrono::steady_clock::now() - start < std::chrono::milliseconds(700)) {
    shop::Shelf<uint64_t> shelf;
    shop::Fill(shelf, 2000);
    sum += shelf.Sum([&](uint64_t book) { return heavy(book); });
    std::vector<uint64_t> rows(5000);
    for (size_t n = 0; n < rows.size(); n++) rows[n] = n * 0x9e37;
    sum += shop::Sort(rows);
  }
  if (IsHeapProfilerRunning()) HeapProfilerDump("end");
  return sum == 42;
}
