#include <doctest/doctest.h>

#include <string>

#include "support/multipart_recorder.h"
#include "vcache/http/parsing/multipart.h"

using namespace vcache;
using namespace vcache::http;

namespace {

const std::string kB = "b";

std::string Disposition(const std::string& parameters) {
  return "Content-Disposition: form-data; " + parameters + "\r\n";
}

/// A form with the boundary `b`: one part with this content.
std::string Form(const std::string& content, const std::string& head = Disposition("name=f")) {
  return "--b\r\n" + head + "\r\n" + content + "\r\n--b--\r\n";
}

/// What comes of a body, checked to be the same whole, byte by byte and split at every place.
std::string Read(const std::string& body, const std::string& boundary = kB,
                 MultipartLimits limits = {}) {
  constexpr auto kAll = std::string_view::npos;
  const MultipartRecorder whole = ReadMultipart(body, boundary, kAll, kAll, limits);
  CHECK_FALSE(whole.empty_data);
  CHECK(ReadMultipart(body, boundary, 1, 1, limits).Text() == whole.Text());
  // Every position of small bodies, about a thousand of large ones.
  const std::size_t stride = body.size() / 1000 + 1;
  std::size_t differing = 0;
  for (std::size_t split = 1; split < body.size(); split += stride) {
    if (ReadMultipart(body, boundary, split, kAll, limits).Text() != whole.Text()) ++differing;
  }
  CHECK(differing == 0);
  return whole.Text();
}

bool Refused(const std::string& body, const std::string& boundary = kB,
             MultipartLimits limits = {}) {
  Read(body, boundary, limits);
  constexpr auto kAll = std::string_view::npos;
  return !ReadMultipart(body, boundary, kAll, kAll, limits).error.empty();
}

}  // namespace

TEST_CASE("MultipartReader: hands out every part with its head and exact content (H17)") {
  const std::string body =
      "preamble\r\n--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n"
      "--b \t \r\ncontent-type:  image/png \r\nX-Other: y\r\n"
      "CONTENT-DISPOSITION: Form-Data; Filename=\"p.png\"; NAME=file\r\n\r\n\r\ntwo\r\n\r\n"
      "--b--\r\nepilogue\r\n--b\r\n";
  CHECK(Read(body) == "[a|(no file)|]one<end>\n[file|p.png|image/png]\r\ntwo\r\n<end>\n");
}

TEST_CASE("MultipartReader: content that resembles a delimiter stays content (H17)") {
  for (const std::string content : {"\r",
                                    "\n",
                                    "\r\n",
                                    "-",
                                    "--b",
                                    "\r\n-",
                                    "\r\n--",
                                    "\r\n--a",
                                    "\r\n--bX",
                                    "\r\n--b-X",
                                    "\r\n--b-",
                                    "\n--b\r\n",
                                    "\r--b\r\n",
                                    "\r\r\n--",
                                    "\r\n\r\n--x",
                                    "x--b--",
                                    "\r\n--\r\n--B",
                                    "\r\n--bb--\r\n",
                                    "--",
                                    "\r\n--b-\r\n--b-",
                                    "\r\r\r\n\n\n--b"}) {
    CAPTURE(content);
    // Behind an empty line, since a boundary at the very front of a part ends it.
    CHECK(Read(Form("x" + content)) == "[f|(no file)|]x" + content + "<end>\n");
  }
}

TEST_CASE("MultipartReader: binary content of every byte arrives unchanged (H17)") {
  std::string content;
  for (int round = 0; round < 3; ++round) {
    for (int c = 255; c >= 0; --c) content += static_cast<char>(c);
  }
  CHECK(Read(Form(content)) == "[f|(no file)|]" + content + "<end>\n");
}

TEST_CASE("MultipartReader: a form within the form is content, even with a boundary like ours") {
  const std::string inner =
      "--b1\r\nContent-Disposition: file; filename=x\r\n\r\nz\r\n--b1--\r\n--bb\r\n";
  CHECK(Read(Form("\r\n" + inner)) == "[f|(no file)|]\r\n" + inner + "<end>\n");
}

TEST_CASE("MultipartReader: empty parts, with and without a line of their own (H17)") {
  const std::string head = "--b\r\n" + Disposition("name=f") + "\r\n";
  CHECK(Read(head + "\r\n--b--") == "[f|(no file)|]<end>\n");
  CHECK(Read(head + "--b--") == "[f|(no file)|]<end>\n");
  CHECK(Read(head + "--b\r\n" + Disposition("name=g") + "\r\n--b--") ==
        "[f|(no file)|]<end>\n[g|(no file)|]<end>\n");
  CHECK(Read(head + "--bx\r\n--b--") == "[f|(no file)|]--bx<end>\n");
}

TEST_CASE("MultipartReader: a form without parts is a form") {
  CHECK(Read("--b--") == "");
  CHECK(Read("--b--\r\n") == "");
  CHECK(Read("preamble\r\n--b--  ") == "");
}

TEST_CASE("MultipartReader: the line end behind the closing boundary may be missing (H17)") {
  const std::string form = Form("x");
  CHECK(Read(form.substr(0, form.size() - 2)) == "[f|(no file)|]x<end>\n");
  CHECK(Read(form.substr(0, form.size() - 1)) == "[f|(no file)|]x<end>\n");
}

TEST_CASE("MultipartReader: a form cut short anywhere is refused (H17)") {
  const std::string form = Form("content");
  for (std::size_t length = 0; length < form.size() - 2; ++length) {
    CAPTURE(length);
    CHECK(Read(form.substr(0, length)).ends_with("before its closing boundary."));
  }
}

TEST_CASE("MultipartReader: a preamble is ignored, and bounded") {
  CHECK(Read("--bx\r\n\r\n--bb\r\n" + Form("x")) == "[f|(no file)|]x<end>\n");
  CHECK(Read(std::string(65536, 'p') + "\r\n" + Form("x")) == "[f|(no file)|]x<end>\n");
  CHECK(Refused(std::string(65537, 'p') + "\r\n" + Form("x")));
}

TEST_CASE("MultipartReader: blanks behind a boundary are ignored, and bounded") {
  const auto padded = [](std::size_t blanks) {
    return "--b" + std::string(blanks, ' ') + Form("x").substr(3);
  };
  CHECK(Read(padded(64)) == "[f|(no file)|]x<end>\n");
  CHECK(Refused(padded(65)));
  const std::string form = Form("x");
  CHECK(Refused(form.substr(0, form.size() - 2) + std::string(65, '\t')));
}

TEST_CASE("MultipartReader: refuses boundary lines that end otherwise than with CRLF (H17)") {
  const std::string head = "--b\r\n" + Disposition("name=f") + "\r\n";
  CHECK(Refused(head + "x\r\n--b \n"));
  CHECK(Refused(head + "x\r\n--b\rx"));
  CHECK(Refused(head + "x\r\n--b x\r\n"));
  CHECK(Refused(head + "x\r\n--b--x"));
  CHECK(Refused(head + "x\r\n--b--\n"));
  CHECK(Refused(head + "x\r\n--b--\rx"));
  // Lines that end with LF alone are never boundaries, so none comes.
  CHECK(Refused("--b\nContent-Disposition: form-data; name=f\n\nx\n--b--\n"));
  CHECK(Refused(head + "x\n--b--\n"));
}

TEST_CASE("MultipartReader: refuses malformed part heads (H17)") {
  for (const std::string& head :
       {std::string(""),
        std::string("Content-Type: text/plain\r\n"),
        std::string("Content-Disposition: attachment; name=f\r\n"),
        Disposition("filename=x"),
        Disposition("name=f") + Disposition("name=f"),
        Disposition("name=f; name=g"),
        Disposition("name=f; Name=f"),
        Disposition("name=f; filename=a; filename=a"),
        Disposition("name=f; filename*=UTF-8''a; filename*=UTF-8''b"),
        Disposition("name=\"f"),
        Disposition("name"),
        Disposition("name="),
        Disposition("name=f;\r\n filename=x"),
        " " + Disposition("name=f"),
        Disposition("name=f") + "A : b\r\n",
        Disposition("name=f") + "A\r\n",
        Disposition("name=f") + ": b\r\n",
        Disposition("name=f") + "A: b\n",
        Disposition("name=f") + "A: b\rc\r\n",
        Disposition("name=\"f\x01\""),
        Disposition("name=f") + "A: \x7F\r\n",
        Disposition("name=f") + std::string("A: \0\r\n", 6),
        Disposition("name=f") + "Content-Type: a/b\r\ncontent-type: a/b\r\n"}) {
    CAPTURE(head);
    CHECK(Refused(Form("x", head)));
  }
}

TEST_CASE("MultipartReader: refuses content under a transfer encoding, allows the plain ones") {
  const auto with = [](const std::string& coding) {
    return Form("eA==", Disposition("name=f") + "Content-Transfer-Encoding: " + coding + "\r\n");
  };
  CHECK(Refused(with("base64")));
  CHECK(Refused(with("quoted-printable")));
  CHECK(Read(with("Binary")) == "[f|(no file)|]eA==<end>\n");
  CHECK(Read(with("8bit")) == "[f|(no file)|]eA==<end>\n");
}

TEST_CASE("MultipartReader: holds its limits on parts, lines and line length exactly (H17)") {
  MultipartLimits limits;
  limits.max_parts = 2;
  const std::string part = "--b\r\n" + Disposition("name=f") + "\r\nx\r\n";
  CHECK(Read(part + part + "--b--", kB, limits) == "[f|(no file)|]x<end>\n[f|(no file)|]x<end>\n");
  CHECK(Refused(part + part + part + "--b--", kB, limits));

  limits.max_header_lines = 2;
  CHECK(Read(Form("x", Disposition("name=f") + "A: b\r\n"), kB, limits) ==
        "[f|(no file)|]x<end>\n");
  CHECK(Refused(Form("x", Disposition("name=f") + "A: b\r\nA: b\r\n"), kB, limits));

  const std::string line = Disposition("name=f");
  limits.max_header_line_bytes = line.size() - 2;
  CHECK(Read(Form("x", line), kB, limits) == "[f|(no file)|]x<end>\n");
  limits.max_header_line_bytes = line.size() - 3;
  CHECK(Refused(Form("x", line), kB, limits));
}

TEST_CASE("MultipartReader: 32 parts with 8 header lines of 1 KiB pass by default (H17)") {
  std::string head = Disposition("name=f");
  for (int i = 0; i < 7; ++i) head += "A: " + std::string(1021, 'x') + "\r\n";
  std::string body;
  for (int i = 0; i < 32; ++i) body += "--b\r\n" + head + "\r\nx\r\n";
  CHECK(ReadMultipart(body + "--b--", kB).parts.size() == 32);
  CHECK(ReadMultipart(body + "--b--", kB).error.empty());
  CHECK_FALSE(ReadMultipart(body + "--b\r\n" + head + "\r\nx\r\n--b--", kB).error.empty());
}

TEST_CASE("MultipartReader: its messages say where and never quote the input") {
  const std::string error = Read("--b\r\n" + Disposition("name=f") + "\r\nx\r\n--b\r\nhunter2\r\n");
  CHECK(error.find("Part 2 of the form") != std::string::npos);
  CHECK(error.find("hunter2") == std::string::npos);
}

TEST_CASE("MultipartReader: IsBoundary takes 1 to 70 characters of RFC 2046's set") {
  CHECK(MultipartReader::IsBoundary("b"));
  CHECK(MultipartReader::IsBoundary("----WebKitFormBoundary7MA4YWxkTrZu0gW"));
  CHECK(MultipartReader::IsBoundary("=_a b'()+_,-./:=?Z9"));
  CHECK(MultipartReader::IsBoundary(std::string(70, 'x')));
  for (const std::string& bad :
       {std::string(), std::string(71, 'x'), std::string("a "), std::string("a\r\n"),
        std::string("a\"b"), std::string("a;b"), std::string("\xC3\xA9"), std::string("a\0b", 3)}) {
    CAPTURE(bad);
    CHECK_FALSE(MultipartReader::IsBoundary(bad));
    CHECK_FALSE(ReadMultipart("--" + bad + "--", bad).error.empty());
  }
}

TEST_CASE("MultipartReader: every length of boundary works") {
  for (std::size_t length = 1; length <= 70; ++length) {
    const std::string boundary(length, '-');
    const std::string delimiter = "--" + boundary;
    CAPTURE(length);
    // The boundary is dashes: the closing of a form is told from content by its full length only.
    const std::string body = delimiter + "\r\n" + Disposition("name=f") + "\r\n" +
                             std::string(length + 1, '-') + "\r\n-" + "\r\n" + delimiter + "--";
    CHECK(Read(body, boundary) == "[f|(no file)|]" + std::string(length + 1, '-') + "\r\n-<end>\n");
  }
}

namespace {

/// Refuses at the chosen call, and counts the calls after that.
class RefusingSink : public MultipartSink {
 public:
  explicit RefusingSink(int at) : left_(at) {}
  Result<void> OnPart(const PartHead&) override { return Count(); }
  Result<void> OnData(ByteView) override { return Count(); }
  Result<void> OnPartEnd() override { return Count(); }
  int calls_after() const { return -left_; }

 private:
  Result<void> Count() {
    if (--left_ == 0) return Error{ErrorCode::kTooLarge, "enough"};
    return {};
  }
  int left_;
};

}  // namespace

TEST_CASE("MultipartReader: the sink's error ends the reading and is returned from then on") {
  const std::string form = Form("x");
  for (int at = 1; at <= 3; ++at) {
    CAPTURE(at);
    RefusingSink sink(at);
    MultipartReader reader(kB, sink);
    for (int again = 0; again < 2; ++again) {
      const auto fed = reader.Feed(AsBytes(form));
      REQUIRE_FALSE(fed);
      CHECK(fed.error().code == ErrorCode::kTooLarge);
    }
    REQUIRE_FALSE(reader.Finish());
    CHECK(reader.Finish().error().message == "enough");
    CHECK(sink.calls_after() == 0);
  }
}

TEST_CASE("MultipartReader: content is handed out as views of the input, in one run (H17)") {
  class ViewSink : public MultipartSink {
   public:
    Result<void> OnPart(const PartHead&) override { return {}; }
    Result<void> OnData(ByteView data) override {
      runs.push_back(data);
      return {};
    }
    Result<void> OnPartEnd() override { return {}; }
    std::vector<ByteView> runs;
  };
  const std::string content = std::string(5000, 'x') + "\r\n--b-\r" + std::string(5000, 'y');
  const std::string form = Form(content);
  ViewSink sink;
  MultipartReader reader(kB, sink);
  REQUIRE(reader.Feed(AsBytes(form)));
  REQUIRE(sink.runs.size() >= 2);
  CHECK(AsText(sink.runs.front()).data() == form.data() + form.find("xxx"));
  CHECK(sink.runs.size() <= 4);  // the false delimiter alone is handed out from a copy
}
