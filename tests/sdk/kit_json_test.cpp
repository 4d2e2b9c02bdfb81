// The kit's reader and writer of JSON against what Go does, and against their own bounds.
#include <ferry/ferry.hpp>
#include <ferry/kit/json.hpp>

#include <gmock/gmock.h>

#include <atomic>
#include <cstdlib>
#include <malloc.h>
#include <new>

namespace {

std::atomic<std::size_t> allocated{0}, highest{0};

void *counted(std::size_t size) {
    void *const made = std::malloc(size ? size : 1);
    if (!made) throw std::bad_alloc();
    const std::size_t now = allocated += ::malloc_usable_size(made);
    for (std::size_t before = highest; now > before && !highest.compare_exchange_weak(before, now);) {
    }
    return made;
}

void discounted(void *made) noexcept {
    if (made) allocated -= ::malloc_usable_size(made);
    std::free(made);
}

} // namespace

void *operator new(std::size_t size) {
    return counted(size);
}
void *operator new[](std::size_t size) {
    return counted(size);
}
void operator delete(void *made) noexcept {
    discounted(made);
}
void operator delete[](void *made) noexcept {
    discounted(made);
}
void operator delete(void *made, std::size_t) noexcept {
    discounted(made);
}
void operator delete[](void *made, std::size_t) noexcept {
    discounted(made);
}

namespace ferry::kit {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using testing::ElementsAre;
using testing::HasSubstr;

struct GoDocument {
    std::string_view in;
    std::optional<std::string_view> out;
};
struct GoFields {
    std::string_view in, media_type, kind;
    std::int64_t size;
    std::string_view layers, platform, k;
};
struct GoInteger {
    std::string_view in;
    std::optional<std::int64_t> out;
};

#include "go_json.inc"

Json read(std::string_view text, const JsonLimits &limits = {}) {
    return Json::parse(std::string(text), limits);
}

std::string written(const Json &value, JsonEscapes escapes = JsonEscapes::fewest) {
    return JsonWriter(escapes).value(value).text();
}

std::string refusal(std::string_view text, const JsonLimits &limits = {}) {
    try {
        read(text, limits);
    } catch (const JsonError &e) {
        return e.what();
    }
    return "nothing was thrown";
}

std::string repeated(std::string_view text, std::size_t times) {
    std::string out;
    out.reserve(text.size() * times);
    while (times--) out += text;
    return out;
}

// An array of `item` again and again, as many as fit into that many bytes.
std::string array_of(std::string_view item, std::size_t bytes) {
    std::string text = "[" + repeated(std::string(item) + ',', bytes / (item.size() + 1) - 1);
    text.back() = ']';
    return text;
}

TEST(KitJson, ReadsAndWritesEachDocumentAsGoDoes) {
    for (const auto &[in, out] : go_documents) {
        SCOPED_TRACE(std::string(in));
        if (!out) {
            EXPECT_THROW(read(in), JsonError);
            continue;
        }
        const Json document = read(in);
        EXPECT_EQ(written(document, JsonEscapes::html), *out);
        // What is written with fewer escapes is the same document.
        EXPECT_EQ(written(read(written(document)), JsonEscapes::html), *out);
    }
}

TEST(KitJson, FindsMembersAsGoFillsTheFieldsOfAStruct) {
    for (const GoFields &row : go_fields) {
        SCOPED_TRACE(std::string(row.in));
        const Json document = read(row.in);
        EXPECT_EQ(document.string_of("mediaType"), row.media_type);
        EXPECT_EQ(document.string_of("kind"), row.kind);
        const auto size = document.find("size");
        EXPECT_EQ(size ? size->integer() : 0, row.size);
        std::string list = document.find("layers") ? "" : "-";
        for (const Json &item : document.items_of("layers")) list += (list.empty() ? "" : ",") + *item.string();
        EXPECT_EQ(list, row.layers);
        const auto platform = document.find("platform");
        EXPECT_EQ(platform ? platform->string_of("a") : "-", row.platform);
        const auto annotations = document.find("annotations");
        const auto k = annotations ? annotations->entry("k") : std::nullopt;
        EXPECT_EQ(k ? k->string().value_or("") : "-", row.k);
    }
}

TEST(KitJson, ReadsIntegersAsGoDoesAndOnlyWhereOneIsWanted) {
    for (const auto &[in, out] : go_integers) EXPECT_EQ(read(in).integer(), out) << in;
    EXPECT_EQ(read("1" + std::string(400, '0')).literal().size(), 401U);
    EXPECT_EQ(read("1.5e1").number(), 15.0);
    EXPECT_EQ(read("1e999").number(), std::nullopt);
    EXPECT_EQ(read("\"1\"").number(), std::nullopt);
}

TEST(KitJson, SaysOfEachValueWhatItIs) {
    const Json document = read(R"([null,true,false,-1.5,"text",[],{}])");
    std::vector<Json::Kind> kinds;
    for (const Json &item : document.items()) kinds.push_back(item.kind());
    using Kind = Json::Kind;
    EXPECT_THAT(kinds, ElementsAre(Kind::null, Kind::boolean, Kind::boolean, Kind::number, Kind::string, Kind::array,
                                   Kind::object));
    const auto items = document.items();
    EXPECT_EQ(items.size(), 7U);
    EXPECT_EQ(items[1].boolean(), true);
    EXPECT_EQ(items[2].boolean(), false);
    EXPECT_EQ(items[0].boolean(), std::nullopt);
    EXPECT_EQ(items[3].literal(), "-1.5");
    EXPECT_EQ(items[4].string(), "text");
    EXPECT_EQ(items[3].string(), std::nullopt);
    EXPECT_TRUE(items[5].items().empty());
    EXPECT_TRUE(items[6].items().empty()) << "an object has no items";
    EXPECT_TRUE(document.members().begin() == document.members().end()) << "an array has no members";
    EXPECT_EQ(document.find("a"), std::nullopt);
}

TEST(KitJson, WalksOverMembersAsTheyStand) {
    const Json document = read(R"({"b":[1,[2]],"a":{"b":3},"b":"x","\u00e9":null})");
    std::vector<std::string> seen;
    for (const auto &[name, value] : document.members()) seen.push_back(name + "=" + written(value));
    EXPECT_THAT(seen, ElementsAre("b=[1,[2]]", "a={\"b\":3}", "b=\"x\"", "\xC3\xA9=null"));
}

TEST(KitJson, TellsWhereAValueStands) {
    const Json document = read(R"({"a":[],"layers":[1,{"x":[[],{}],"digest":7}]})");
    EXPECT_EQ(document.path(), "");
    const Json layers = *document.find("layers");
    EXPECT_EQ(layers.path(), ".layers");
    EXPECT_EQ(layers.items()[0].path(), ".layers[0]");
    EXPECT_EQ(layers.items()[1].find("digest")->path(), ".layers[1].digest");
    EXPECT_EQ(layers.items()[1].find("x")->items()[1].path(), ".layers[1].x[1]");
    EXPECT_TRUE(layers.items()[1].same_place(layers.items()[1]));
    EXPECT_FALSE(layers.items()[0].same_place(layers.items()[1]));
}

TEST(KitJson, ValuesKeepTheirDocumentAlive) {
    std::optional<Json> value;
    {
        const Json document = read(R"({"a":["kept"]})");
        value = document.find("a")->items().front();
    }
    EXPECT_EQ(value->string(), "kept");
}

TEST(KitJson, NamesTheByteThatIsWrong) {
    EXPECT_THAT(refusal(R"({"a":tru})"), HasSubstr("at byte 5"));
    EXPECT_THAT(refusal("[1 2]"), HasSubstr("',' or ']' expected at byte 3"));
    EXPECT_THAT(refusal(R"(["a"x])"), HasSubstr("at byte 4"));
}

TEST(KitJson, IsAsDeepAsGoAllowsAndNoDeeper) {
    const auto arrays = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    const auto objects = [](std::size_t depth) { return repeated("{\"a\":", depth) + "1" + std::string(depth, '}'); };
    for (const std::size_t depth : {9'999, 10'000}) {
        EXPECT_EQ(written(read(arrays(depth))), arrays(depth));
        EXPECT_EQ(written(read(objects(depth))), objects(depth));
    }
    EXPECT_THAT(refusal(arrays(10'001)), HasSubstr("nested too deeply"));
    EXPECT_THAT(refusal(objects(10'001)), HasSubstr("nested too deeply"));
    EXPECT_THAT(refusal(std::string(4'000'000, '[')), HasSubstr("nested too deeply"));
    EXPECT_THAT(refusal(repeated("{\"\":", 1'000'000)), HasSubstr("nested too deeply"));
}

TEST(KitJson, KeepsToTheLimitsThatItIsGiven) {
    JsonLimits limits;
    limits.bytes = 9;
    EXPECT_NO_THROW(read("[1,2,[3]]", limits));
    EXPECT_THAT(refusal("[1,2,[34]]", limits), HasSubstr("longer than 9 bytes"));
    limits = {};
    limits.values = 5;
    EXPECT_NO_THROW(read("[1,2,[3]]", limits));
    EXPECT_THAT(refusal("[1,2,[3,4]]", limits), HasSubstr("more than 5 values"));
    try {
        read("[1,2,[3,4]]", limits);
    } catch (const JsonError &e) {
        EXPECT_TRUE(e.too_large);
    }
    try {
        read("[1 2]", limits);
    } catch (const JsonError &e) {
        EXPECT_FALSE(e.too_large);
    }
    EXPECT_NO_THROW(read(R"({"a":1,"b":2})", limits)) << "names count";
    EXPECT_THAT(refusal(R"({"a":1,"b":[2]})", limits), HasSubstr("more than 5 values"));
    limits = {};
    limits.depth = 1;
    EXPECT_NO_THROW(read("[1]", limits));
    EXPECT_THAT(refusal("[[]]", limits), HasSubstr("nested too deeply"));
}

// The text, eight bytes for each value, and some for what is open.
TEST(KitJson, TakesEightBytesForAValueAndNothingForWhatIsRefused) {
    constexpr std::size_t bytes = 4 << 20, little = 64 << 10;
    for (const std::string_view item : {"{}"sv, "1"sv, "[]"sv, "\"\""sv, "{\"\":1}"sv, "[[[]]]"sv, "null"sv}) {
        const std::string exact = array_of(item, bytes);
        const std::size_t size = exact.size();
        std::string text(exact.begin(), exact.end()); // without room to grow
        JsonLimits all;
        all.values = bytes;
        {
            const std::size_t before = allocated;
            highest = before;
            const Json document = Json::parse(std::move(text), all);
            const std::size_t most = highest - before;
            EXPECT_LE(most, 8 * (size / 2 + 1) + little) << item << ": beside the text itself";
            EXPECT_LE(document.memory(), size + 8 * (size / 2 + 1) + little) << item;
        }
        text = std::string(exact.begin(), exact.end());
        const std::size_t before = allocated;
        highest = before;
        try {
            const Json document = Json::parse(std::move(text));
            EXPECT_LE(document.memory(), size + 8 * JsonLimits().values + little);
        } catch (const JsonError &) {
            EXPECT_LE(highest - before, little) << item << ": what has too many values is not built";
        }
    }
}

TEST(KitJson, QuotesValidUtf8Only) {
    const struct {
        std::string_view in, fewest, html;
    } table[] = {
        {"", "\"\"", "\"\""},
        {"a\"\\/", R"("a\"\\/")", R"("a\"\\/")"},
        {"\n\t\x01"sv, R"("\u000a\u0009\u0001")", R"("\n\t\u0001")"},
        {"\0"sv, R"("\u0000")", R"("\u0000")"},
        {"<&>", "\"<&>\"", R"("\u003c\u0026\u003e")"},
        {"caf\xC3\xA9", "\"caf\xC3\xA9\"", "\"caf\xC3\xA9\""},
        {"caf\xE9", "\"caf\xEF\xBF\xBD\"", R"("caf\ufffd")"},
        {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"", R"("\ufffd\ufffd\ufffd")"},
        {"\xF0\x9F\x98", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"", R"("\ufffd\ufffd\ufffd")"},
        {"\xE2\x80\xA8", "\"\xE2\x80\xA8\"", R"("\u2028")"},
    };
    for (const auto &[in, fewest, html] : table) {
        EXPECT_EQ(json_quoted(in), fewest);
        EXPECT_EQ(json_string(in), fewest) << "there is one function that quotes";
        EXPECT_EQ(json_quoted(in, JsonEscapes::html), html);
        EXPECT_EQ(read(json_quoted(in)).string(), valid_utf8(in));
    }
}

TEST(KitJson, WritesWhatItIsTold) {
    JsonWriter out;
    out.begin_object().member("a", "x\xFF").name("b").begin_array().integer(-1).natural(UINT64_MAX).boolean(true);
    out.null().begin_object().end_object().begin_array().end_array().end_array().name("c").value(read("[1.50, {}]"));
    out.end_object();
    EXPECT_EQ(out.text(), "{\"a\":\"x\xEF\xBF\xBD\",\"b\":[-1,18446744073709551615,true,null,{},[]],\"c\":[1.50,{}]}");
    EXPECT_EQ(written(read(out.text())), out.text());
}

TEST(KitJson, FoldsTheNamesOfFieldsAsUnicodeDoes) {
    EXPECT_TRUE(same_field("layers", "LAYERS"));
    EXPECT_TRUE(same_field("layers", "layer\xC5\xBF")); // U+017F
    EXPECT_TRUE(same_field("kind", "\xE2\x84\xAAIND")); // U+212A
    EXPECT_FALSE(same_field("layers", "layer"));
    EXPECT_FALSE(same_field("layers", "layerss"));
    EXPECT_FALSE(same_field("a", "\xC3\xA1"));
    EXPECT_FALSE(same_field("@", "`"));
}

} // namespace
} // namespace ferry::kit
