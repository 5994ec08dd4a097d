r"""The words of movement descriptions: what is said (``lift``, ``raise``, ``ascend``) and what it means (``up``).

Each entry: kind, meaning, and regular expressions for whole words in lower case. Where two entries match at the same
place the one further up counts, so phrases stand before the words they hold.
"""

from __future__ import annotations

from types import MappingProxyType

LEFT_RIGHT = MappingProxyType({"left": "right", "right": "left"})
UP_DOWN = MappingProxyType({"up": "down", "down": "up", "high": "low", "low": "high"})
OPPOSITES = MappingProxyType(
    {
        **LEFT_RIGHT,
        **UP_DOWN,
        "in": "out",
        "out": "in",
        "forward": "backward",
        "backward": "forward",
        "near": "away",
        "away": "near",
        "extend": "retract",
        "retract": "extend",
        "close": "spread",
        "spread": "close",
        "left side": "right side",
        "right side": "left side",
        "touch": "no touch",
    }
)
"""Meaning -> the meaning that contradicts it."""

LIMBS = MappingProxyType(
    {
        "hand": "arm",
        "arm": "arm",
        "shoulder": "arm",
        "leg": "leg",
        "foot": "leg",
        "head": "head",
        "face": "head",
        "torso": "torso",
    }
)
"""Part -> the region of the body it belongs to."""

TARGETS = frozenset(
    {"knee", "eye", "ear", "nose", "mouth", "hair", "glasses", "forehead", "hindbrain", "neck", "chest", "waist"}
)
"""Parts that are touched or approached and never move by themselves."""

PARTS: tuple[tuple[str, ...], ...] = (
    ("part", "hand", r"hands?|palms?|wrists?|fists?|fingers?|thumbs?"),
    ("part", "arm", r"(?:(?:upper|lower)[ -])?arms?(?! akimbo)|forearms?|elbows?|upper (?:limbs?|extremit(?:y|ies))"),
    ("part", "foot", r"foot|feet|toes?|heels?|ankles?"),
    ("part", "knee", r"knees?|laps?"),
    ("part", "leg", r"(?:(?:upper|lower)[ -])?legs?|thighs?|cal(?:f|ves)|shins?|lower (?:limbs?|extremit(?:y|ies))"),
    ("part", "hindbrain", r"hindbrain|back of (?:the|his|her|their) head|nape"),
    ("part", "forehead", r"forehead|brow"),
    ("part", "head", r"head"),
    (
        "part",
        "torso",
        r"torso|trunk|upper body|whole[ -]body|entire body",
        r"body(?! (?:parts?|regions?|segments?|mid\w+|cent\w+|front)|'s|-)",
    ),
    ("part", "shoulder", r"shoulders?"),
    ("part", "eye", r"eyes?"),
    ("part", "ear", r"ears?"),
    ("part", "nose", r"nose"),
    ("part", "mouth", r"mouth|lips?"),
    ("part", "hair", r"hair"),
    ("part", "glasses", r"(?:eye)?glasses|spectacles"),
    ("part", "face", r"face|cheeks?|chin"),
    ("part", "neck", r"neck|throat"),
    ("part", "chest", r"chest"),
    ("part", "waist", r"waist|hips?|abdom(?:en|inal)|belly|stomach"),
    (
        "part",
        "others",
        r"other (?:body )?(?:parts?|limbs?|segments?|regions?)",
        r"(?:rest of the|remaining) (?:body )?parts?|rest of the body",
    ),
)
"""Each may have a side before it: ``left hand``, ``lower right leg``, ``both arms``."""

_THE = r"(?:(?:the|its|his|her|their) )?"
_MIDLINE = rf"{_THE}(?:body(?:'s)? )?(?:mid(?:line|dle)|cent(?:er|re))"
_NO_LIMB = r"(?! (?:hand|arm|leg|foot))"

PLACES: tuple[tuple[str, ...], ...] = (
    (
        "place",
        "left side",
        r"left[- ]sided?(?! of the (?:head|face|neck))",
        rf"left of {_THE}(?:body(?:'s)? )?(?:mid|cent)\w+",
        r"left (?:half|lateral|region|area)",
        r"left(?= and right sides?)",
    ),
    (
        "place",
        "right side",
        r"right[- ]sided?(?! of the (?:head|face|neck))",
        rf"right of {_THE}(?:body(?:'s)? )?(?:mid|cent)\w+",
        r"right (?:half|lateral|region|area)",
        r"right(?= and left sides?)",
    ),
    (
        "place",
        "away",
        r"away from (?:\w+ ){0,2}?(?:torso|body|trunk|midline|center|midsection)(?: midline|'s midline)?",
        r"far from (?:\w+ )?(?:torso|body)",
        r"outer(?: side)?|laterally spread|apart",
    ),
    (
        "place",
        "near",
        r"(?:close|closer|next|proximal|adjacent) to (?:\w+ )?(?:torso|body|trunk)",
        r"(?:near|beside) (?:the )?(?:torso|trunk)",
    ),
    ("place", "front", r"in front of|front of|in front"),
    ("place", "behind", r"behind"),
)

DIRECTIONS: tuple[tuple[str, ...], ...] = (
    (
        "direction",
        "in",
        rf"inwards?|(?:towards?|(?<!close )to|closer to) {_MIDLINE}|medially",
        r"towards? (?:each other|one another)",
    ),
    ("direction", "out", r"outwards?|laterally outward"),
    ("place", "midline", r"midline|cent(?:er|re)(?:ed|red|line)?|central(?:ized|ly)?"),
    (
        "direction",
        "vertical",
        r"(?:up|down)(?:wards?)?(?:[- ]| and |/)(?:up|down)(?:wards?)?",
        r"vertical(?:ly)? (?:oscill\w+|shak\w+|motion|movement|swing\w*)",
    ),
    (
        "direction",
        "horizontal",
        r"side[- ]to[- ]side|left (?:and|to|-) right and back|horizontal(?:ly)?|lateral(?:ly)?",
        r"sideways|sidewards?",
        r"(?:left|right)(?:wards?)?(?:[- ]| and |/)(?:left|right)(?:wards?)?"
        r"(?! (?:sides?|hands?|arms?|legs?|feet|lower|upper))",
    ),
    ("direction", "right", r"(?:from )?(?:the )?left[- ]to[- ](?:the[- ])?right"),
    ("direction", "left", r"(?:from )?(?:the )?right[- ]to[- ](?:the[- ])?left"),
    ("direction", "left", rf"leftwards?|(?:to|towards?) {_THE}left{_NO_LIMB}|(?<=ward-)left"),
    ("direction", "right", rf"rightwards?|(?:to|towards?) {_THE}right{_NO_LIMB}|(?<=ward-)right"),
    ("direction", "down", r"lower(?= (?:it|them|the|his|her|their|its)\b)|lower(?:s|ed|ing)"),
    ("place", "high", r"high|higher|elevated|upper|raised position|head[- ]level|top"),
    ("place", "low", r"low|lower|bottom"),
    ("place", "middle", r"middle|mid[- ]?height|mid[- ]?level|medium height"),
    ("direction", "up", r"(?<!backed )(?<!made )(?<!build )up|upwards?|ascend\w*|ascent|towards? the top"),
    ("direction", "up", r"rais(?:e|es|ed|ing)|lift(?:s|ed|ing)?|elevat(?:es|ing|ion)|ris(?:es|ing)"),
    ("direction", "down", r"downwards?|down|descen\w+|drop(?:s|ped|ping)?|towards? the (?:floor|ground|bottom)"),
    ("direction", "forward", r"forwards?"),
    ("direction", "backward", r"backwards?"),
)

MOTIONS: tuple[tuple[str, ...], ...] = (
    (
        "motion",
        "oscillate",
        r"oscillat\w*|sway\w*|sw(?:ing|ings|inging|ung)|shak(?:e|es|ing|en)|shook|rock(?:s|ing)",
        r"wobbl\w+|jiggl\w+|bounc\w+|trembl\w+|vibrat\w+",
    ),
    ("motion", "turn", r"turn(?:s|ed|ing)?|rotat\w+|twist\w*|pivot\w*|swivel\w*"),
    ("motion", "tilt", r"tilt\w*|inclin\w+|lean(?:s|ed|ing)?"),
    ("motion", "nod", r"nod(?:s|ded|ding)?"),
    ("motion", "bow", r"bow(?:s|ed|ing)?|dip(?:s|ped|ping)?"),
    ("motion", "wave", r"wav(?:e|es|ed|ing)"),
    ("motion", "sweep", r"sweep\w*|swept|arc(?:s|ing)?|diagonal(?:ly)?"),
    ("motion", "extend", r"exten(?:d|ds|ded|ding|sion)|stretch\w*|reach(?:es|ed|ing)?|straighten\w*"),
    ("motion", "retract", r"retract\w*|withdraw\w*|pull(?:s|ed|ing)? (?:back|in)|draw(?:s|n|ing)? back|return\w*"),
    ("motion", "close", r"converg\w*|clos(?:e|es|ing)(?! to)|com(?:e|es|ing) together|bring\w* together|join\w*"),
    ("motion", "spread", r"spread\w*|open(?:s|ed|ing)?|part(?:ing|ed)"),
    ("motion", "cross", r"cross(?:es|ed|ing)?"),
    ("motion", "curl", r"curl\w*|bend\w*|bent|flex\w*|fold\w*"),
    ("motion", "clench", r"clench\w*|grip\w*|grasp\w*"),
    ("motion", "scratch", r"scratch\w*"),
    ("motion", "rub", r"rub(?:s|bed|bing)?"),
    ("motion", "pat", r"pat(?:s|ted|ting)?|tap(?:s|ped|ping)?"),
    ("motion", "push", r"push\w*|adjusts? (?:the |his |her |their )?(?=glasses)"),
    ("motion", "cover", r"cover\w*"),
    ("motion", "shrug", r"shrug\w*"),
    ("motion", "point", r"point(?:s|ed|ing)(?! to the)"),
    ("motion", "play", r"play\w*|fidget\w*|tid(?:y|ies|ying)"),
    ("motion", "rise", r"stand(?:s|ing)? up|get(?:s|ting)? up"),
    (
        "motion",
        "move",
        r"mov(?:e|es|ed|ing|ement|ements)|motions?|shift\w*|displac\w+|activit(?:y|ies)|action",
        r"gestur\w+|travel\w*|drift\w*|approach\w*|transition\w*|go(?:es|ing)",
    ),
    ("touch", "touch", r"touch\w*|contact\w*"),
)

PACES: tuple[tuple[str, ...], ...] = (
    ("pace", "repeated", r"repetiti\w+|repeat\w*|rhythmic\w*|back[- ]and[- ]forth|(?:several|multiple|many) times"),
    ("pace", "continuous", r"continuous\w*|sustained|stead(?:y|ily)|persistent\w*|constant(?:ly)?|ongoing|non-?stop"),
    ("pace", "single", r"single|once|one[- ]time"),
    ("pace", "fast", r"rapid\w*|quick\w*|fast|swift\w*|abrupt\w*|sudden\w*|sharp(?:ly)?"),
    ("pace", "slow", r"slow(?:ly)?|gradual\w*|gentl[ey]|smooth(?:ly)?"),
)

ROLES: tuple[tuple[str, ...], ...] = (
    (
        "role",
        "follow",
        r"follow(?:s|ing|ed)?(?! by)|accompan\w+|secondary|respon(?:d|ds|se|ding)|compensat\w+",
        r"support(?:s|ing|ed)?|contribut\w+|minor|lesser|participat\w+|com(?:e|es|ing) after|trail(?:s|ing)",
    ),
    (
        "role",
        "lead",
        r"lead(?:s|ing)?|led|dominant|dominat\w+|primar(?:y|ily)|main(?:ly)?|highest|principal(?:ly)?",
        r"most (?:prominent|active|pronounced|significant|visible)|driven by|driv(?:es|ing|er)",
    ),
    (
        "role",
        "still",
        r"stable|stationary|still|static|inactive|passive|motionless|unchanged|immobile|at rest",
        r"minimal(?:ly)?|negligible|hardly|barely|(?:very )?little",
    ),
)

CUES: tuple[tuple[str, ...], ...] = (
    (
        "phase",
        "start",
        r"start(?:s|ed|ing)?|begin(?:s|ning)?|began|initial(?:ly)?|initiat\w+|at first|first",
        r"originat\w+|early|after|preceded by|previously|beforehand",
    ),
    ("phase", "from", r"from"),
    (
        "phase",
        "to",
        r"towards?|into",
        r"(?<!close )(?<!next )(?<!relative )(?<!due )(?<!lateral )"
        r"to(?= (?:an?|the|its|near|slightly|\w+er)\b)",
    ),
    ("phase", "change", r"and(?= \w+s\b)"),
    ("phase", "then", r"then|subsequent(?:ly)?|followed by|before|next|afterwards?|later|progress\w*|eventually"),
    (
        "phase",
        "end",
        r"end(?:s|ed|ing)?|final(?:ly)?|settl\w+|culminat\w+|stabiliz\w+|stop(?:s|ped|ping)?",
        r"rest(?:s|ing)?|late|conclud\w+|comes? to rest",
    ),
    ("negation", "", r"but|with"),
    (
        "negation",
        "no",
        r"no|not|without|none|neither|nor|never|nothing|absence of|lack of|rather than",
        r"instead of|\w+n't|cannot",
    ),
)
"""Words that say when, and words that deny what comes after them in the clause (the empty meaning takes that back)."""
