"""The little grammar of fifteen languages that prompts need: numbers, colours, places, articles and endings.

Only what the network was taught is here: counts to six, eleven colours, eight relations and backgrounds. The names of
things are CLDR's (lit.reading.lexicon). Words are written as people write them and compared in normal form; where a
table lists a word by several forms, they are those that taking off an ending does not bring together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from lit.reading.script import normal, words

COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "white", "black", "grey")
# In the order of each language's `places`. "in" was not taught, but every prompt writer says it.
PLACES = (
    "to the left of", "to the right of", "above", "below", "on top of", "next to", "with", "and", "in",
    "in front of", "behind",
)  # fmt: skip


@dataclass(frozen=True)
class Language:
    """A language as prompts need it; each table is one string, entries apart by "," and other forms of one by "/".

    small: words that say nothing in English (articles, particles, counters, forms of "of" and "is").
    one, many: the articles that ask for one in English, and for several.  numbers: one to six.  colours, places: in
    the order of COLOURS and PLACES.  ground: "background".  endings: taken off a word, the longest first.
    prefixes: taken off its front.  behind: places stand behind what they belong to, and lead the phrase there.
    letters: those that it has beside a to z, where it is written in Latin letters.
    forms: plurals that no ending explains, "psy=pies".  and_before, and_behind: an "and" written as one with its word.
    shortest: the letters that taking an ending off leaves.  spaced: there are spaces between words.
    """

    label: str
    numbers: str
    colours: str
    places: str
    ground: str
    letters: str = ""
    small: str = ""
    one: str = ""
    many: str = ""
    endings: str = ""
    prefixes: str = ""
    behind: bool = False
    forms: str = ""
    and_before: str = ""
    and_behind: str = ""
    shortest: int = 3
    spaced: bool = True


LANGUAGES = {
    "de": Language(
        "German",
        "eins,zwei,drei,vier,fünf,sechs",
        "rot,orange,gelb,grün,blau,lila/violett,rosa/pink,braun,weiß,schwarz,grau",
        "links von/links neben,rechts von/rechts neben,über/oberhalb,unter/unterhalb,auf/oben auf,neben,mit,und,in/im,"
        "vor,hinter",
        "hintergrund/grund",
        letters="äöüß",
        small="der,die,das,den,dem,des,von,vom",
        one="ein,eine,einen,einem,einer,eines",
        endings="ern,en,er,es,em,e,n,s",
    ),
    "fr": Language(
        "French",
        "1,deux,trois,quatre,cinq,six",
        "rouge,orange,jaune,vert/verte,bleu/bleue,violet/violette/mauve,rose,marron/brun/brune,blanc/blanche,"
        "noir/noire,gris/grise",
        "à gauche,à droite,au-dessus/au dessus,au-dessous/sous/en dessous,sur,à côté/près,avec,et,dans,devant,derrière",
        "fond/arrière-plan",
        letters="àâæçéèêëîïôœùûü",
        small="le,la,l,de,d,du,à",
        one="un,une",
        many="les,des",
        endings="s,x,e",
        forms="chevaux=cheval,yeux=œil,animaux=animal,journaux=journal",
    ),
    "es": Language(
        "Spanish",
        "1,dos,tres,cuatro,cinco,seis",
        "rojo/roja,naranja/anaranjado,amarillo,verde,azul,morado/violeta/púrpura,rosa/rosado,marrón/café,blanco,negro,"
        "gris",
        "a la izquierda,a la derecha,por encima,debajo/bajo/por debajo,sobre/encima/en lo alto,"
        "al lado/junto a/junto al,con,y,en,delante,detrás",
        "fondo",
        letters="áéíóúüñ",
        small="el,la,lo,de,del,a,al",
        one="un,una",
        many="los,las,unos,unas",
        endings="es,os,as,o,a,s,e",
    ),
    "it": Language(
        "Italian",
        "1,due,tre,quattro,cinque,sei",
        "rosso,arancione,giallo,verde,blu/azzurro/azzurra,viola,rosa,marrone,bianco/bianca/bianchi/bianche,nero,grigio",
        "a sinistra,a destra,sopra/al di sopra,sotto/al di sotto,su/sul/sulla/sullo/sull/sui/sulle,accanto/vicino,"
        "con,e/ed,in/nel/nella,davanti,dietro",
        "sfondo",
        letters="àèéìòù",
        small="il,lo,la,l,di,del,della,dello,dell,d,a,al,alla,all,ai",
        one="un,uno,una",
        many="i,gli,le,dei,delle,degli",
        endings="chi,che,ghi,ghe,i,e,o,a",
    ),
    "pt": Language(
        "Portuguese",
        "1,dois/duas,três,quatro,cinco,seis",
        "vermelho,laranja,amarelo,verde,azul,roxo/violeta,rosa/cor-de-rosa,marrom/castanho,branco,preto/negro,cinza",
        "à esquerda,à direita,acima/por cima,abaixo/debaixo/embaixo/sob,sobre/em cima,ao lado/junto,com,e,"
        "em/no/na/num/numa,em frente,atrás",
        "fundo",
        letters="áâãàçéêíóôõú",
        small="o,a,de,do,da,dum,duma,ao,à",
        one="um,uma",
        many="os,as,uns,umas,dos,das",
        endings="ões,ães,os,as,es,o,a,s,e",
    ),
    "nl": Language(
        "Dutch",
        "één,twee,drie,vier,vijf,zes",
        "rood/rode,oranje,geel/gele,groen/groene,blauw/blauwe,paars/paarse,roze,bruin/bruine,wit/witte,zwart/zwarte,"
        "grijs/grijze",
        "links van,rechts van,boven,onder,op/bovenop,naast,met,en,in,voor,achter",
        "achtergrond",
        letters="éëïóöü",
        small="de,het,t,van",
        one="een",
        endings="eren,en,je,jes,s,e",
    ),
    "pl": Language(
        "Polish",
        "jeden/jedna/jedno,dwa/dwie/dwóch,trzy/trzech,cztery,pięć,sześć",
        "czerwony,pomarańczowy,żółty,zielony,niebieski,fioletowy,różowy,brązowy,biały,czarny,szary",
        "na lewo/po lewej stronie/po lewej/z lewej strony/z lewej,"
        "na prawo/po prawej stronie/po prawej/z prawej strony/z prawej,nad,pod,na,obok,z/ze,i/oraz,w/we,przed,za",
        "tło/tle/tła/tłem",
        letters="ąćęłńóśźż",
        small="od",
        forms="psy=pies,psa=pies,psem=pies,psów=pies,ludzie=człowiek,dzieci=dziecko,kwiaty=kwiat,konie=koń",
        endings="ego,emu,ych,ymi,iego,iej,ach,ami,owi,iem,em,ie,ej,ym,im,om,ów,a,ą,e,ę,i,o,u,y",
    ),
    "ru": Language(
        "Russian",
        "один/одна/одно,два/две/двух,три/трех,четыре,пять,шесть",
        "красный,оранжевый,желтый,зеленый,синий/голубой,фиолетовый,розовый,коричневый,белый,черный,серый",
        "слева,справа,над,под,на/сверху,рядом/около/возле,с/со/рядом с,и,в/во,перед,за/позади",
        "фон/фоне/фона/фоном",
        small="от,из",
        shortest=2,
        forms="цветы=цветок,цветка=цветок,деревья=дерево,деревьев=дерево,люди=человек,дети=ребенок,коты=кот,котов=кот,"
        "кота=кот,псы=пес,псов=пес,щенки=щенок,котята=котенок",
        endings="ыми,ими,ого,его,ому,ему,ами,ями,ах,ях,ый,ий,ой,ая,яя,ое,ее,ые,ие,ую,юю,ым,им,ых,их,ом,ем,ей,"
        "ов,ев,ам,ям,а,я,о,е,у,ю,ы,и,ь,й",
    ),
    "tr": Language(
        "Turkish",
        "bir,iki,üç,dört,beş,altı",
        "kırmızı,turuncu,sarı,yeşil,mavi,mor,pembe,kahverengi,beyaz,siyah/kara,gri",
        "solunda/solundaki,sağında/sağındaki,yukarısında,altında/altındaki,üstünde/üzerinde/üstündeki/üzerindeki,"
        "yanında/yanındaki,ile,ve,içinde/içindeki,önünde/önündeki,arkasında/arkasındaki",
        "arka plan/arka planda/arka planlı/arka planın/zemin/zeminde/fon/fonda",
        letters="çğıöşüâ",
        one="bir",
        shortest=2,
        endings="ların,lerin,ların,ları,leri,lar,ler,nın,nin,nun,nün,ın,in,un,ün,lı,li,lu,lü,yla,yle,da,de,ta,te,"
        "yı,yi,ı,i,u,ü,a,e",
        behind=True,
    ),
    "id": Language(
        "Indonesian",
        "satu/seekor/sebuah/seorang,dua,tiga,empat,lima,enam",
        "merah,oranye/jingga,kuning,hijau,biru,ungu,merah muda/pink,cokelat/coklat,putih,hitam,abu-abu/kelabu",
        "di sebelah kiri/di kiri,di sebelah kanan/di kanan,jauh di atas,di bawah,di atas,di samping/di sebelah,"
        "dengan/bersama,dan,di dalam/di,di depan,di belakang",
        "latar belakang/latar",
        letters="é",
        small="yang,ekor,buah,orang,berwarna,warna,pada",
        endings="nya",
    ),
    "ar": Language(
        "Arabic",
        "واحد/واحدة,اثنان/اثنين/اثنتان,ثلاث/ثلاثة,أربع/أربعة,خمس/خمسة,ست/ستة",
        "أحمر/حمراء,برتقالي,أصفر/صفراء,أخضر/خضراء,أزرق/زرقاء,بنفسجي/أرجواني,وردي/زهري,بني,أبيض/بيضاء,أسود/سوداء,رمادي",
        "على يسار/إلى يسار/يسار,على يمين/إلى يمين/يمين,فوق,تحت,على,بجانب/بجوار,مع,و,في,أمام,خلف/وراء",
        "خلفية",
        endings="ات,تين,تان,ين,ان,ون,ية,ة,ه,ا",
        shortest=2,
        forms="كلاب=كلب,قطط=قطة,أشجار=شجرة,زهور=زهرة,أزهار=زهرة,ورود=وردة,بيوت=بيت,منازل=منزل,طيور=طائر,خيول=حصان,"
        "أحصنة=حصان,نجوم=نجمة,قلوب=قلب,كتب=كتاب,أسود=أسد,فيلة=فيل,أسماك=سمكة,فراشات=فراشة",
        and_before="و",
        prefixes="وال,بال,لل,ال",
    ),
    "hi": Language(
        "Hindi",
        "एक,दो,तीन,चार,पांच/पाँच,छह/छः",
        "लाल,नारंगी,पीला,हरा,नीला,बैंगनी,गुलाबी,भूरा,सफेद/सफ़ेद,काला,धूसर/स्लेटी",
        "के बाईं ओर/के बाएं/के बायीं ओर/की बाईं ओर,के दाईं ओर/के दाएं/के दायीं ओर/की दाईं ओर,के ऊपर,के नीचे,"
        "पर,के बगल में/के पास,के साथ,और,में,के सामने,के पीछे",
        "पृष्ठभूमि/बैकग्राउंड",
        small="का,के,की,को,वाला,वाली,वाले,है,हैं",
        one="एक",
        shortest=2,
        endings="ियाँ,ियां,ियों,ओं,ों,ें,ाँ,ां,े,ी,ा,ो",
        behind=True,
    ),
    "ko": Language(
        "Korean",
        "하나/한,둘/두,셋/세,넷/네,다섯,여섯",
        "빨간/빨강/빨간색/붉은,주황/주황색,노란/노랑/노란색,초록/녹색/초록색,파란/파랑/파란색/푸른,보라/보라색,"
        "분홍/분홍색/핑크,갈색,하얀/흰/흰색/하양,검은/검정/검은색/까만,회색",
        "왼쪽/왼쪽에/왼쪽의/왼편에,오른쪽/오른쪽에/오른쪽의/오른편에,위쪽에,아래/아래에/아래의/밑에,위/위에/위의,"
        "옆/옆에/옆의,함께,그리고,안에/안의,앞에/앞의,뒤에/뒤의",
        "배경",
        shortest=1,
        and_behind="이랑,하고,와,과,랑",
        small="마리,개의,송이,대,있는,의,에,색",
        endings="들이,들을,들,이,가,을,를,은,는,의,에,에서,로,으로",
        behind=True,
    ),
    "ja": Language(
        "Japanese",
        "一/一つ,二/二つ/二つの,三/三つ/三つの,四/四つ/四つの,五/五つ/五つの,六/六つ/六つの",
        "赤い/赤/赤色,オレンジ色/オレンジ/橙色,黄色い/黄色/黄,緑/緑色/緑の,青い/青/青色,紫/紫色,ピンク/ピンク色/桃色,"
        "茶色/茶色い,白い/白/白色,黒い/黒/黒色,灰色/グレー",
        "の左側/の左,の右側/の右,の上空/の上方,の下,の上,の隣/の横/のとなり/のそば,と一緒,と,の中,の前,の後ろ",
        "背景/バックグラウンド",
        small="の,が,は,を,に,で,な,いる,ある,乗った,乗っている,です,匹,頭,羽,個,本,枚,台,人,つ,輪,杯,冊,さん",
        behind=True,
        spaced=False,
    ),
    "zh": Language(
        "Chinese",
        "一,二/两/兩,三,四,五,六",
        "红色/红/紅色/紅,橙色/橙/橘色,黄色/黄/黃色,绿色/绿/綠色/綠,蓝色/蓝/藍色/藍,紫色/紫,粉色/粉红色/粉红,"
        "棕色/褐色/咖啡色,白色/白,黑色/黑,灰色/灰",
        "左边/左侧/左面/左邊,右边/右侧/右面/右邊,上方,下面/下方/下,上面/上,旁边/旁/旁邊,一起,和/与/跟,里/里面,前面,后面",
        "背景",
        small="的,在,有,着,只,个,條,条,匹,头,辆,朵,本,张,把,座,棵,颗,位,名,片,块,件,双,是",
        behind=True,
        spaced=False,
    ),
}


@dataclass(frozen=True)
class Grammar:
    """A language's tables made ready: what a phrase in normal form is, as (kind, English), and how words are cut."""

    phrases: Mapping[str, tuple[str, str]]
    endings: tuple[str, ...]
    prefixes: tuple[str, ...]
    shortest: int

    def stem(self, word: str) -> str:
        """A word in normal form without the endings that its case, gender or number has."""
        for prefix in self.prefixes:
            if word.startswith(prefix) and len(word) - len(prefix) >= self.shortest:
                word = word[len(prefix) :]
                break
        for _ in range(2):
            for ending in self.endings:
                if word.endswith(ending) and len(word) - len(ending) >= self.shortest:
                    word = word[: -len(ending)]
                    break
        return word


@cache
def grammar(code: str) -> Grammar:
    language = LANGUAGES[code]
    phrases: dict[str, tuple[str, str]] = {}

    def enter(kind, table, english):
        for forms, word in zip(table.split(","), english):
            for form in forms.split("/"):
                phrases.setdefault(" ".join(words(form)), (kind, word))

    enter("one", language.one, ["a"] * 99)
    enter("many", language.many, ["the"] * 99)
    enter("number", language.numbers, "123456")
    enter("colour", language.colours, COLOURS)
    enter("ground", language.ground, ["background"])
    enter("place", language.places, PLACES)
    enter("small", language.small, [""] * 99)
    for number in "123456":
        phrases.setdefault(number, ("number", number))
    phrases.pop("", None)
    endings = sorted({normal(ending) for ending in language.endings.split(",") if ending}, key=len, reverse=True)
    prefixes = tuple(normal(prefix) for prefix in language.prefixes.split(",") if prefix)
    return Grammar(phrases, tuple(endings), prefixes, language.shortest)
