"""Words of the census-like set, most common first. Lists only, no rules."""

from typing import Final

GIVEN_MALE: Final = """
john william thomas george james henry charles robert edward joseph richard samuel francis david
arthur frederick alexander walter alfred peter andrew philip hugh benjamin daniel ernest albert
stephen patrick harold archibald edmund ralph nicholas roger herbert leonard matthew anthony michael
gilbert simon christopher percy lewis adam geoffrey reginald isaac augustus harry martin
"""
GIVEN_FEMALE: Final = """
mary elizabeth anne margaret jane sarah catherine frances alice emily ellen charlotte harriet
florence dorothy isabella eleanor edith agnes caroline emma louisa helen lucy martha susan maria
constance beatrice julia rosamund violet winifred amelia georgiana hannah katherine marjorie
"""
SHORT: Final = {
    "william": "will bill wm", "thomas": "tom thos", "robert": "bob rob robt", "john": "jack jno",
    "richard": "dick rich", "edward": "ted ned edw", "james": "jim jas", "henry": "harry hy",
    "charles": "charlie chas", "george": "geo", "elizabeth": "bess eliza", "mary": "polly molly",
    "margaret": "maggie peggy", "catherine": "kate kitty", "joseph": "joe", "samuel": "sam saml",
    "francis": "frank", "alexander": "alec alex", "frederick": "fred", "sarah": "sally",
    "anne": "ann annie nancy", "edmund": "ned", "daniel": "dan", "benjamin": "ben benj",
}  # fmt: skip
SURNAMES: Final = """
smith jones taylor brown williams wilson johnson davies robinson wright thompson evans walker white
roberts green hall wood jackson clarke harris martin cooper hill ward turner moore king baker allen
morgan parker lee scott young mitchell phillips campbell bennett cook stewart russell lewis howard
grey murray percy stanley cavendish russell herbert wentworth fitzgerald courtenay trelawny basset
pole carew godolphin arundell rashleigh champernowne chudleigh drake gilbert hawkins raleigh
acland buller bampfylde pellew boscawen eliot edgcumbe carlyon vyvyan molesworth prideaux bolitho
"""
STEMS: Final = """
ash bar bel black brad bram brock bur carl chat chester clif col cran dar den dray east ed el fair
far fen fox gar glad gran hal ham har has haw hen hol hux ing kel kem ken kirk lang led lin lock
lud mar mel mer mil mor nor oak os par pem pen pres rad ram red rock rus sand sel shel shep som stan
stock strat sud sut thorn tre tun wal war wat wel whit wil win wood wyn
"""
ENDINGS: Final = """
ton ham ley ford by worth field well wick combe don bury stead more land hurst wood bridge croft
"""
PLACES: Final = """
london devon cornwall plymouth exeter bristol bath kent surrey sussex norfolk suffolk essex dorset
somerset hampshire oxford cambridge lincoln york durham chester lancaster liverpool manchester leeds
sheffield birmingham nottingham derby leicester worcester gloucester hereford shrewsbury carlisle
edinburgh glasgow aberdeen dundee perth inverness dublin cork belfast cardiff swansea truro falmouth
penzance torquay barnstaple bideford tavistock crediton tiverton honiton dartmouth totnes
"""
OCCUPATIONS: Final = """
politician writer painter clergyman army_officer naval_officer lawyer physician merchant engineer
architect cricketer footballer actor poet composer botanist geologist historian journalist judge
landowner teacher scientist explorer photographer printer sculptor surgeon banker
"""
